//! stub
use std::io;
use crate::Signal;
#[derive(Debug)]
pub(crate) struct Console(Signal);
impl Console {
    pub(crate) fn stdout(signal: Signal) -> Self { Self(signal) }
    pub(crate) fn write(&self, body: &[u8]) -> io::Result<()> { let _ = body; Ok(()) }
}
