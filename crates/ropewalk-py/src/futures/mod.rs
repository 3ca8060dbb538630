//! `concurrent.futures`: the engine of Python's Future and `ThreadPoolExecutor`.
//! Promise: what is looked into by name or overridden is Python's; everything else never leaves
//! the engine.

mod callback;
mod completions;
mod executor;
mod future;
pub(crate) mod module;
mod outcome;
mod quick;
mod results;
mod starving;
mod task;
mod watch;
mod work_queue;
mod worker;
