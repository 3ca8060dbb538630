//! Locks around a value, for Rust programs. Promise: the value is reached through a guard only,
//! and this is the one place of the crate with `unsafe` in it.
//!
//! There is no poisoning: a thread that panics gives its guard back like any other, as `with lock:`
//! does in Python. If a panic can leave the value half-changed, store in it that a change is going
//! on.

mod lock;
mod rlock;

pub use lock::{Lock, LockGuard};
pub use rlock::{RLock, RLockGuard};
