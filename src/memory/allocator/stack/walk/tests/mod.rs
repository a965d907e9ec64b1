//! The walk beside the unwinder, and tables written by hand.

mod frames;
mod tables;
