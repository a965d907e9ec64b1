//! What the functions of beacon return when they fail.

mod end;
mod init;

pub(crate) use self::end::Loss;
pub use self::end::{FlushError, ShutdownError};
pub use self::init::InitError;
