//! Queues on which threads wait: the names of Python's `queue`.
//!
//! Promise: the types of `ropewalk-queue`, nothing added and nothing hidden that a program needs.
//!
//! ```
//! use ropewalk::queue::PriorityQueue;
//!
//! let queue = PriorityQueue::new();
//! queue.put((2, "tidy up")).unwrap();
//! queue.put((1, "put out the fire")).unwrap();
//! assert_eq!(queue.get().unwrap().1, "put out the fire");
//! ```

pub use ropewalk_queue::{
    BlockingQueue, Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue,
    TooManyTasksDone,
};
