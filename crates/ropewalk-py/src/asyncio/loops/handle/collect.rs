//! What the garbage collector does with handles, and their end.
//!
//! Promise: no Python code that a decref runs sees a slot with a dead object.

#![expect(
    unsafe_code,
    reason = "functions that the collector calls, slots at their offsets"
)]

use super::super::slots::Slot;
use super::kinds::{KINDS, Kind, Kinds};
use super::spares::{free, give_back};
use pyo3::ffi;
use std::ffi::{c_int, c_void};

fn slots_of(kinds: &Kinds, timer: bool) -> impl Iterator<Item = Slot> {
    let always = [
        kinds.callback,
        kinds.arguments,
        kinds.cancelled,
        kinds.event_loop,
        kinds.repr,
        kinds.traceback,
        kinds.context,
    ];
    let of_timers = [kinds.scheduled, kinds.when];
    always
        .into_iter()
        .chain(of_timers.into_iter().filter(move |_| timer))
}

/// # Safety
/// Called by the collector for an instance of our type.
#[inline]
unsafe fn traverse(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
    timer: bool,
) -> c_int {
    // No handle exists before the types do.
    let Some(kinds) = KINDS.get() else { return 0 };
    // SAFETY: a live object; an instance of a type made at run time owns a reference to its type.
    let class = unsafe { ffi::Py_TYPE(handle) }.cast();
    // SAFETY: the collector's own function, with its own argument.
    let mut answer = unsafe { visit(class, argument) };
    // What is left out can be no part of a cycle: a flag, a text, numbers, a list of frames' lines.
    let mut slots = [
        kinds.callback,
        kinds.arguments,
        kinds.event_loop,
        kinds.context,
    ]
    .into_iter();
    let when = [kinds.when].into_iter().filter(|_| timer);
    for slot in slots.by_ref().chain(when) {
        // SAFETY: an instance of our type.
        let value = unsafe { slot.peek(handle) };
        if answer == 0 && !value.is_null() {
            // SAFETY: as above.
            answer = unsafe { visit(value, argument) };
        }
    }
    answer
}

pub(super) unsafe extern "C" fn traverse_handle(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { traverse(handle, visit, argument, false) }
}

pub(super) unsafe extern "C" fn traverse_timer(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { traverse(handle, visit, argument, true) }
}

unsafe fn clear(handle: *mut ffi::PyObject, timer: bool) {
    let Some(kinds) = KINDS.get() else { return };
    for slot in slots_of(kinds, timer) {
        // SAFETY: an instance of our type.
        let value = unsafe { slot.empty(handle) };
        // SAFETY: the slot owned it; it is empty now, so that code run by this sees no dead object.
        unsafe { ffi::Py_XDECREF(value) };
    }
}

pub(super) unsafe extern "C" fn clear_handle(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, false) };
    0
}

pub(super) unsafe extern "C" fn clear_timer(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, true) };
    0
}

unsafe fn dealloc(handle: *mut ffi::PyObject, kind: Kind) {
    // SAFETY: a live object of a type that takes part in garbage collection.
    unsafe { ffi::PyObject_GC_UnTrack(handle.cast()) };
    let Some(kinds) = KINDS.get() else { return };
    // SAFETY: asyncio's handles keep their weak references there, and so do ours.
    let references = unsafe { handle.byte_offset(kinds.references) }.cast::<*mut ffi::PyObject>();
    // SAFETY: as above.
    if !unsafe { references.read() }.is_null() {
        // SAFETY: as above.
        unsafe { ffi::PyObject_ClearWeakRefs(handle) };
    }
    // SAFETY: an instance of our type.
    let event_loop = unsafe { kinds.event_loop.empty(handle) };
    // SAFETY: as above.
    unsafe { clear(handle, kind == Kind::Timer) };
    if event_loop.is_null() || !give_back(handle, event_loop, kind) {
        // SAFETY: it was taken apart, and nobody refers to it any more.
        unsafe { free(handle) };
    }
    // SAFETY: the slot owned it.
    unsafe { ffi::Py_XDECREF(event_loop) };
}

pub(super) unsafe extern "C" fn dealloc_handle(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Handle) };
}

pub(super) unsafe extern "C" fn dealloc_timer(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Timer) };
}
