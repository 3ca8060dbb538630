//! The ground under every lock of ropewalk: atomics, locks, threads and time.
//!
//! Promise: this is the only crate that knows whether the program runs for real or inside a
//! loom model. Built with `--cfg loom`, the same names mean loom's types, so whatever is written
//! against this crate can be explored by loom without a change.

pub mod atomic;
pub mod cell;
pub mod clock;
pub mod hint;
pub mod pace;
pub mod sync;
pub mod thread;

pub use clock::Deadline;
