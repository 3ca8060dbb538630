//! One thread, many tasks: the names of Python's `asyncio`.
//!
//! Promise: a task runs only on the thread of the loop that it was created on, and never while
//! another one runs; a task that panics gives its panic to whoever awaits it and harms nothing
//! else; when [`run`] returns, nothing of its loop is left.
//!
//! ```
//! use ropewalk::asyncio::{create_task, run, sleep};
//! use std::time::Duration;
//!
//! let answer = run(async {
//!     let slow = create_task(async {
//!         sleep(Duration::from_millis(5)).await;
//!         40
//!     });
//!     slow.await.unwrap() + 2
//! });
//! assert_eq!(answer, 42);
//! ```
//!
//! | wanted | here |
//! |---|---|
//! | a loop for one call | [`run`] |
//! | something that goes on meanwhile | [`create_task`], [`Task::cancel`] |
//! | several results | [`gather`] |
//! | time | [`sleep`], [`timeout`], [`yield_now`] |
//! | sockets | [`TcpListener`], [`TcpStream`], [`UnixListener`], [`UnixStream`], [`UdpSocket`] |
//! | hand things over between tasks | [`Queue`] |
//! | take turns | [`Lock`], [`Semaphore`], [`Event`] |
//! | a call that blocks | [`to_thread`] |
//!
//! What is not here: a loop over several threads (use [`crate::futures`] or several loops), and
//! the transports and protocols of Python, which Rust's futures make needless.

mod datagram;
mod event_loop;
mod gather;
mod listener;
mod queue;
mod ready;
mod stream;
mod sync;
mod task;
mod time;

pub use crate::futures::Unfinished;
pub use datagram::UdpSocket;
pub use event_loop::run;
pub use gather::gather;
pub use listener::{TcpListener, UnixListener};
pub use queue::{Queue, ShutDown};
pub use stream::{TcpStream, UnixStream};
pub use sync::{Event, Lock, LockGuard, Semaphore, SemaphoreGuard};
pub use task::{Task, create_task, to_thread};
pub use time::{Sleep, TimedOut, sleep, sleep_until, timeout, yield_now};
