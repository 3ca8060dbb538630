//! The work queue and the idle list of a thread pool.
//!
//! Promise: a worker is hired only while none is idle and there is room for one more; a submitted
//! task is taken by exactly one worker; a worker that was told of a task and finds it gone waits
//! on. When it is proven that all workers wait, without an end, for each other and for what is
//! queued, the last one that begins to wait is asked to start a spare worker; once enough of them
//! go on, the surplus is kept as a spare for the next time.
//!
//! ```
//! use ropewalk_pool::Uninterrupted;
//! use ropewalk_pool::thread::{Hire, How, Order, Pool};
//!
//! let pool = Pool::new(Order::Fifo, 1);
//! let how = How { priority: 0, hire: Hire::IfNeeded, bounded: true };
//! assert_eq!(pool.submit("task", how), Ok(Hire::IfNeeded));
//! // ... so a worker is started, and there it asks:
//! let (task, timing) = pool.next(None, &mut Uninterrupted).unwrap().unwrap();
//! assert_eq!(task, "task");
//! # let _ = timing;
//! ```

mod lanes;
mod pool;
mod spares;
mod starving;
mod timing;

pub use lanes::Order;
pub use pool::{Count, Hire, How, Leave, Pool, Refused, Taken};
pub use starving::{Hope, Place, Waits};
pub use timing::{Percentiles, Timing};
