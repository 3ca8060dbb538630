//! Memory of handles that were done with.
//!
//! Promise: it goes back to the loop that the handle belonged to, on the thread that runs that loop,
//! or to the allocator.

#![expect(unsafe_code, reason = "memory of objects that nobody refers to")]

use super::super::core::LoopCore;
use super::kinds::Kind;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// As many handles as a loop under load has waiting at a time: what a turn is done with serves the
/// next, and neither the allocator nor the garbage collector hears of it. At most 100 KiB each.
const MOST_SPARES: usize = 1024;

/// A handle that was taken apart: its memory and its type, without a reference to it.
pub(super) struct Spare(pub(super) NonNull<ffi::PyObject>);

// SAFETY: only its address travels; it is used and freed by threads that are attached.
unsafe impl Send for Spare {}

/// Memory of handles that were done with, for the loop that they belonged to.
#[derive(Default)]
pub(in crate::asyncio::loops) struct Spares {
    handles: Vec<Spare>,
    timers: Vec<Spare>,
}

impl Spares {
    pub(super) fn of(&mut self, kind: Kind) -> &mut Vec<Spare> {
        if kind == Kind::Timer {
            &mut self.timers
        } else {
            &mut self.handles
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        for spare in self.handles.drain(..).chain(self.timers.drain(..)) {
            // SAFETY: dropped with its loop, attached; nobody refers to a spare.
            unsafe { free(spare.0.as_ptr()) };
        }
    }
}

/// Gives memory and type back.
///
/// # Safety
/// Attached; an instance of one of our types that was taken apart and that nobody refers to.
pub(super) unsafe fn free(object: *mut ffi::PyObject) {
    // SAFETY: the memory is still that of an object.
    let class = unsafe { ffi::Py_TYPE(object) };
    // SAFETY: it was made by the collector's allocator and is not tracked.
    unsafe { ffi::PyObject_GC_Del(object.cast()) };
    // SAFETY: an instance of a type made at run time owns a reference to its type.
    unsafe { ffi::Py_DECREF(class.cast()) };
}

/// Leaves the memory of a handle with its loop; whether the loop took it.
#[inline]
pub(super) fn give_back(
    handle: *mut ffi::PyObject,
    event_loop: *mut ffi::PyObject,
    kind: Kind,
) -> bool {
    // SAFETY: objects are taken apart by threads that are attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the reference that was in the slot is dropped only later.
    let event_loop = unsafe { Bound::from_borrowed_ptr(py, event_loop) };
    let Some(core) = LoopCore::of(&event_loop) else {
        return false;
    };
    let Some(spare) = NonNull::new(handle).map(Spare) else {
        return false;
    };
    let given = core.get().state.mine(|queues| {
        let spares = queues.spares.of(kind);
        let room = spares.len() < MOST_SPARES;
        if room {
            spares.push(spare);
        }
        room
    });
    given.unwrap_or(false)
}
