//! Calls that run in threads: the names of Python's `concurrent.futures`.
//!
//! Promise: a call that panics gives its panic to whoever asks for the result, and harms nothing
//! else; a worker that waits for a task of its own executor never keeps that task from running.
//!
//! ```
//! use ropewalk::futures::ThreadPoolExecutor;
//!
//! let executor = ThreadPoolExecutor::new(4);
//! let future = executor.submit(|| 6 * 7);
//! assert_eq!(future.result().unwrap(), 42);
//!
//! let squares: Vec<u32> = executor.map(1..=4, |n| n * n).map(Result::unwrap).collect();
//! assert_eq!(squares, [1, 4, 9, 16]);
//! ```

mod executor;
mod future;
mod many;

pub use executor::{ShutDown, ThreadPoolExecutor};
pub use future::{Future, Unfinished};
pub use many::{AsCompleted, as_completed, wait};
pub use ropewalk_future::Until;
