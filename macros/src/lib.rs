//! Attribute macros of beacon-telemetry, which re-exports them.

mod run_async;

use proc_macro::TokenStream;

/// See `beacon::run_async`.
#[proc_macro_attribute]
pub fn run_async(arguments: TokenStream, function: TokenStream) -> TokenStream {
    run_async::expand(&arguments, function)
}
