//! A mutex and a condition variable, for the portable sleeping word in `ropewalk-sys`.
//! Promise: nothing else is built on them; ropewalk's own locks sleep through `ropewalk-park`.

#[cfg(not(loom))]
pub use std::sync::{Condvar, Mutex};

#[cfg(loom)]
pub use loom::sync::{Condvar, Mutex};

pub use std::sync::Arc;
