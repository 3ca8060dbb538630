//! Threads and thread-local values. Promise: a model's threads are its own.

#[cfg(not(loom))]
pub use std::thread::{JoinHandle, spawn, yield_now};

#[cfg(loom)]
pub use loom::thread::{JoinHandle, spawn, yield_now};

/// Declares thread-local values: [`std::thread_local!`], or loom's in a model.
#[cfg(not(loom))]
#[macro_export]
macro_rules! thread_local {
    ($($tokens:tt)*) => { ::std::thread_local! { $($tokens)* } };
}

/// Declares thread-local values: `std::thread_local!`, or loom's in a model.
#[cfg(loom)]
#[macro_export]
macro_rules! thread_local {
    ($($tokens:tt)*) => { $crate::loom_thread_local! { $($tokens)* } };
}

#[cfg(loom)]
#[doc(hidden)]
pub use loom::thread_local as loom_thread_local_inner;

#[cfg(loom)]
#[doc(hidden)]
#[macro_export]
macro_rules! loom_thread_local {
    ($($tokens:tt)*) => { $crate::thread::loom_thread_local_inner! { $($tokens)* } };
}
