//! An owned reference that lives inside a coroutine.
//!
//! Promise: letting go of it costs one decrement. `Py` would first ask whether this thread is
//! attached; works are only made and dropped where it is.

#![expect(unsafe_code, reason = "a reference count is counted down by hand")]

use pyo3::ffi;
use pyo3::prelude::*;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// An owned reference, for the fields of a work.
pub(crate) struct Held<T>(ManuallyDrop<Py<T>>);

impl<T> Held<T> {
    pub(crate) fn new(object: Py<T>) -> Self {
        Self(ManuallyDrop::new(object))
    }
}

impl<T> Deref for Held<T> {
    type Target = Py<T>;

    fn deref(&self) -> &Py<T> {
        &self.0
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        // SAFETY: the reference is owned; works are dropped in slots of their class, which
        // Python calls with this thread attached, or where they were being made.
        unsafe { ffi::Py_DECREF(self.0.as_ptr()) };
    }
}
