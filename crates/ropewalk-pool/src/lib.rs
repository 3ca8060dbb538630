//! Executors, without Python and without knowing what a task is.
//!
//! Promise: a pool decides who works on what and when another worker is needed; its caller starts
//! the threads and runs the tasks. No foreign code runs under a lock of a pool.

#![forbid(unsafe_code)]

pub mod thread;

pub use ropewalk_park::{Deadline, Patience, Sleeper, Uninterrupted, Wakes};
