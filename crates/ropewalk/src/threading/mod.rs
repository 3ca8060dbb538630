//! Threads and what they wait for: the names of Python's `threading`.
//!
//! Promise: what Python's users know, with Rust's manners: locks own what they guard, permits and
//! locks are given back by their guards, results replace exceptions. Every wait goes through
//! `ropewalk-park`, and takes a `Deadline` or a `Duration` where it may end early.
//!
//! | you want | take |
//! |---|---|
//! | work beside this thread, its result later | [`Thread`] |
//! | one thread at a time to change a value | [`Lock`] |
//! | the same, from functions that call each other | [`RLock`] |
//! | to wait until a value changes | [`Condition`], with a [`Lock`] |
//! | to tell many threads something once | [`Event`] |
//! | at most so many at a time | [`Semaphore`], [`BoundedSemaphore`] |
//! | to go on together | [`Barrier`] |
//! | work after a while, without a thread until then | [`Timer`] |
//! | a value of each thread's own | [`Local`] |
//!
//! ```
//! use ropewalk::threading::{Lock, Thread};
//! use std::sync::Arc;
//!
//! let total = Arc::new(Lock::new(0));
//! let adding = Arc::clone(&total);
//! let thread = Thread::new(move || *adding.acquire() += 2).start()?;
//! thread.join().expect("no panic");
//! assert_eq!(*total.acquire(), 2);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! **What is absent.** Poisoning: a panic gives a lock back, as `with lock:` does in Python.
//! Daemon threads: when `main` returns, a Rust program ends, whoever still runs. `main_thread`: Rust
//! does not say which thread that is. Threads that borrow: `std::thread::scope` has them.
//!
//! Fork: what is held or set stays so in a forked child; the parent's other threads are not there,
//! and nobody waits. A child of a program with several threads does best to call `exec` soon.

mod barrier;
mod condition;
mod event;
mod local;
mod panic;
mod registry;
mod semaphore;
mod thread;
mod timer;
mod timer_service;

pub use barrier::{Barrier, BrokenBarrier};
pub use condition::Condition;
pub use event::Event;
pub use local::Local;
pub use panic::PanicPayload;
pub use registry::{ThreadHandle, active_count, current_thread, enumerate};
pub use ropewalk_sync::TooManyReleases;
pub use ropewalk_sync::guarded::{Lock, LockGuard, RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, Permit, Semaphore};
pub use thread::{JoinHandle, Thread};
pub use timer::{Timer, TimerHandle};
