//! Hints to the processor. Promise: in a model a spin lets another thread run.

#[cfg(not(loom))]
pub use std::hint::spin_loop;

#[cfg(loom)]
pub use loom::hint::spin_loop;
