//! Locks.

pub(crate) mod module;
