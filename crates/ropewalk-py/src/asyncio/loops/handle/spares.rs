//! Handles that were done with, kept for the next callbacks.
//!
//! Promise: a spare is a handle that nobody else refers to and the garbage collector does not know
//! of. It goes back to the loop that it belonged to, on the thread that runs that loop, or to the
//! allocator.

#![expect(unsafe_code, reason = "slots of objects that nobody else refers to")]

use super::super::core::LoopCore;
use super::kinds::{Kind, Kinds};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr::NonNull;

/// As many handles as a loop under load has waiting at a time: what a turn is done with serves the
/// next, and neither the allocator nor the garbage collector hears of it. At most 100 KiB each.
const MOST_SPARES: usize = 1024;

/// The one reference to a handle whose slots are empty, but for `_cancelled`, `_repr` and
/// `_source_traceback`, which are a new handle's: False, None and None.
pub(super) struct Spare(NonNull<ffi::PyObject>);

// SAFETY: only its address travels; it is used and freed by threads that are attached.
unsafe impl Send for Spare {}

impl Spare {
    /// The handle, to be filled.
    #[inline]
    pub(super) fn use_again(self, py: Python<'_>) -> Bound<'_, PyAny> {
        // SAFETY: the one reference, given away here.
        unsafe { Bound::from_owned_ptr(py, self.0.as_ptr()) }
    }
}

/// Handles that were done with, for the loop that they belonged to.
#[derive(Default)]
pub(in crate::asyncio::loops) struct Spares {
    handles: Vec<Spare>,
    timers: Vec<Spare>,
}

impl Spares {
    #[inline]
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
            // SAFETY: dropped with its loop, attached. Its slots hold no object of the user's, so
            // that this runs no Python code.
            unsafe { ffi::Py_DECREF(spare.0.as_ptr()) };
        }
    }
}

/// Leaves a handle that was emptied with its loop; whether the loop took it.
///
/// # Safety
/// `handle` is an instance of the type of this kind, with slots as those of a spare, untracked, and
/// whoever calls has the one reference to it, which the loop takes over if it takes the handle.
#[inline]
pub(super) unsafe fn give_back(
    handle: *mut ffi::PyObject,
    event_loop: &Bound<'_, LoopCore>,
    kind: Kind,
) -> bool {
    let Some(spare) = NonNull::new(handle).map(Spare) else {
        return false;
    };
    let given = event_loop.get().state.mine(|queues| {
        let spares = queues.spares.of(kind);
        let room = spares.len() < MOST_SPARES;
        if room {
            spares.push(spare);
        }
        room
    });
    given.unwrap_or(false)
}

/// Drops a handle of ours that the loop was done with: mostly nobody else refers to it.
#[inline]
pub(super) fn done_with<'py>(
    kinds: &Kinds,
    handle: Bound<'py, PyAny>,
    event_loop: &Bound<'py, LoopCore>,
    kind: Kind,
) {
    if kind == Kind::Guarded {
        return;
    }
    // SAFETY: a live object.
    let alone = unsafe { ffi::Py_REFCNT(handle.as_ptr()) } == 1;
    // SAFETY: a handle of ours.
    let of_this_loop = unsafe { kinds.event_loop.peek(handle.as_ptr()) } == event_loop.as_ptr();
    // Without the GIL a count says nothing, and the allocator keeps an owner in each object's head.
    if cfg!(Py_GIL_DISABLED) || !alone || !of_this_loop || kinds.is_referred_weakly(&handle) {
        return;
    }
    let memory = handle.as_ptr();
    // SAFETY: a live object of a type that takes part in garbage collection. From here on neither
    // the collector nor, but for the one in `handle`, any reference leads to it.
    unsafe { ffi::PyObject_GC_UnTrack(memory.cast()) };
    // SAFETY: a handle of ours. Python code that this runs cannot reach it.
    unsafe { super::collect::empty(kinds, memory, kind == Kind::Timer) };
    // SAFETY: as above; it is `event_loop`, which is alive.
    let owned = unsafe { kinds.event_loop.empty(memory) };
    // SAFETY: the slot owned it.
    unsafe { ffi::Py_XDECREF(owned) };
    // SAFETY: emptied and untracked just now, and the one reference is in `handle`.
    if unsafe { give_back(memory, event_loop, kind) } {
        std::mem::forget(handle);
    }
}
