//! Taking turns and waiting for each other. Promise: who waits first is served first; a wait that is
//! dropped, even when its turn had just come, gives the turn to the next.

mod event;
mod lock;
mod permits;
mod semaphore;

pub use event::Event;
pub use lock::{Lock, LockGuard};
pub(super) use permits::Permits;
pub use semaphore::{Semaphore, SemaphoreGuard};
