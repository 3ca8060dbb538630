//! Queues on which threads wait.
//!
//! Promise: nothing put in is lost or given out twice; a wake-up meant for a thread that gives up
//! at that instant goes to the next one; an error gives back what it could not take. The
//! semantics are those of Python's `queue` module, so that its users find what they know.
//!
//! | you want | take |
//! |---|---|
//! | work in the order it came | [`Queue`] |
//! | the newest first | [`LifoQueue`] |
//! | the smallest first | [`PriorityQueue`] |
//! | no bound, no task counting | [`SimpleQueue`] |
//!
//! ```
//! use ropewalk_queue::Queue;
//! use std::{sync::Arc, thread};
//!
//! let queue = Arc::new(Queue::bounded(8));
//! let worker = thread::spawn({
//!     let queue = Arc::clone(&queue);
//!     move || {
//!         let mut sum = 0;
//!         while let Ok(number) = queue.get() {
//!             sum += number;
//!             queue.task_done().expect("one call for each item");
//!         }
//!         sum // the queue was shut down and is empty
//!     }
//! });
//! for number in 1..=10 {
//!     queue.put(number).expect("the queue is open");
//! }
//! queue.join(); // every item has been worked on
//! queue.shutdown();
//! assert_eq!(worker.join().unwrap(), 55);
//! ```

#![forbid(unsafe_code)]

mod core;
mod discipline;
mod error;
mod face;
mod heap;
mod line;
mod look;
mod simple;
mod state;
mod wait;

pub use crate::core::Core;
pub use discipline::{Discipline, Fifo, Lifo, Turn};
pub use error::{
    Empty, Full, GetError, PutError, PutManyError, ShutDown, TooManyTasksDone, Trouble,
};
pub use face::{BlockingQueue, LifoQueue, PriorityQueue, Queue};
pub use heap::{Ascending, Heap, Order};
pub use ropewalk_park::{Deadline, Patience, Sleeper, Uninterrupted};
pub use simple::SimpleQueue;
pub use state::Contents;
