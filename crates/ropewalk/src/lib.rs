//! Python's concurrency toolbox for Rust programs, under the names its users know.
//!
//! Promise: every engine of ropewalk is here as soon as it exists, with Rust's manners: payloads
//! are a type parameter, errors are enums that give back what they could not take, and nothing
//! here knows Python.
//!
//! | module | what |
//! |---|---|
//! | [`asyncio`] | `run`, `create_task`, `gather`, `sleep`, `timeout`, sockets, `Queue`, `Lock`, `Semaphore`, `Event` |
//! | [`futures`] | `ThreadPoolExecutor`, `Future`, `wait`, `as_completed` |
//! | [`queue`] | `Queue`, `LifoQueue`, `PriorityQueue`, `SimpleQueue` |
//! | [`threading`] | `Thread`, `Lock`, `RLock`, `Condition`, `Semaphore`, `Event`, `Barrier`, `Timer`, `Local` |

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
pub mod asyncio;
pub mod futures;
pub mod queue;
pub mod threading;

pub use ropewalk_queue::{Deadline, Patience};
