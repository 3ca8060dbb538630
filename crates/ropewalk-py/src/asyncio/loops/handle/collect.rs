//! What the garbage collector does with handles, and their end.
//!
//! Promise: no Python code that a decref runs sees a slot with a dead object.

#![expect(
    unsafe_code,
    reason = "functions that the collector calls, slots at their offsets"
)]

use super::super::core::LoopCore;
use super::super::slots::Slot;
use super::guarded::drop_lock;
use super::kinds::{KINDS, Kind, Kinds};
use super::spares::give_back;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};

unsafe extern "C" {
    /// Makes memory of a former object an object again, with one reference. CPython's own lists of
    /// spares use it; every version from 3.11 to 3.14 exports it.
    fn _Py_NewReference(object: *mut ffi::PyObject);
}

/// # Safety
/// Called by the collector for an instance of our type.
#[inline]
unsafe fn traverse(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
    kind: Kind,
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
    let one_more = match (kind, &kinds.guarded) {
        (Kind::Timer, _) => Some(kinds.when),
        (Kind::Guarded, Some(guarded)) => Some(guarded.lock),
        _ => None,
    };
    for slot in slots.by_ref().chain(one_more) {
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
    unsafe { traverse(handle, visit, argument, Kind::Handle) }
}

pub(super) unsafe extern "C" fn traverse_timer(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { traverse(handle, visit, argument, Kind::Timer) }
}

pub(super) unsafe extern "C" fn traverse_guarded(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { traverse(handle, visit, argument, Kind::Guarded) }
}

/// Drops what is in a slot.
///
/// # Safety
/// Attached; an instance of our type, which has the slot.
#[inline]
unsafe fn drop_from(handle: *mut ffi::PyObject, slot: Slot) {
    // SAFETY: the caller vouches for the object.
    let value = unsafe { slot.empty(handle) };
    // SAFETY: the slot owned it; it is empty now, so that code run by this sees no dead object.
    unsafe { ffi::Py_XDECREF(value) };
}

/// Lets a slot have again what it has in a new handle.
///
/// # Safety
/// As for `drop_from`; `first` is one of the interpreter's constants.
#[inline]
unsafe fn set_back(handle: *mut ffi::PyObject, slot: Slot, first: *mut ffi::PyObject) {
    // SAFETY: the caller vouches for the object.
    if unsafe { slot.peek(handle) } == first {
        return;
    }
    // SAFETY: as above.
    unsafe { drop_from(handle, slot) };
    // SAFETY: a constant is alive.
    unsafe { ffi::Py_INCREF(first) };
    // SAFETY: as above; the slot is empty.
    unsafe { slot.fill(handle, first) };
}

/// Makes a spare out of a handle: all slots but the loop's become a spare's.
///
/// # Safety
/// Attached; an instance of our type, which nobody else reaches.
#[inline]
pub(super) unsafe fn empty(kinds: &Kinds, handle: *mut ffi::PyObject, timer: bool) {
    for slot in [kinds.callback, kinds.arguments, kinds.context] {
        // SAFETY: the caller vouches for the object.
        unsafe { drop_from(handle, slot) };
    }
    if timer {
        for slot in [kinds.scheduled, kinds.when] {
            // SAFETY: as above, and it is a timer.
            unsafe { drop_from(handle, slot) };
        }
    }
    // SAFETY: the interpreter's constant.
    let none = unsafe { ffi::Py_None() };
    // SAFETY: as above.
    let no = unsafe { ffi::Py_False() };
    for (slot, first) in [
        (kinds.cancelled, no),
        (kinds.repr, none),
        (kinds.traceback, none),
    ] {
        // SAFETY: the caller vouches for the object.
        unsafe { set_back(handle, slot, first) };
    }
}

/// # Safety
/// Attached; an instance of our type.
unsafe fn clear(handle: *mut ffi::PyObject, kind: Kind) {
    let Some(kinds) = KINDS.get() else { return };
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
    let guarded = kinds.guarded.as_ref().filter(|_| kind == Kind::Guarded);
    let lock = guarded.map(|guarded| guarded.lock);
    for slot in always
        .into_iter()
        .chain(of_timers.into_iter().filter(|_| kind == Kind::Timer))
        .chain(lock)
    {
        // SAFETY: the caller vouches for the object.
        unsafe { drop_from(handle, slot) };
    }
}

pub(super) unsafe extern "C" fn clear_handle(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, Kind::Handle) };
    0
}

pub(super) unsafe extern "C" fn clear_timer(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, Kind::Timer) };
    0
}

pub(super) unsafe extern "C" fn clear_guarded(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, Kind::Guarded) };
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
    // SAFETY: objects are taken apart by threads that are attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: an instance of our type.
    let event_loop = unsafe { kinds.event_loop.empty(handle) };
    // SAFETY: the slot owned it; null if it was empty.
    let event_loop = unsafe { Bound::from_owned_ptr_or_opt(py, event_loop) };
    // The loop's own thread makes few guarded ones, and keeps none.
    if !cfg!(Py_GIL_DISABLED)
        && kind != Kind::Guarded
        && let Some(core) = event_loop.as_ref().and_then(LoopCore::of)
        && core.get().state.is_mine()
    {
        // SAFETY: as above, and nobody refers to it.
        unsafe { empty(kinds, handle, kind == Kind::Timer) };
        // SAFETY: the memory of an object that nobody refers to: from here on there is one reference.
        unsafe { _Py_NewReference(handle) };
        // SAFETY: emptied and untracked above, and the one reference was just made.
        if unsafe { give_back(handle, core, kind) } {
            return;
        }
        // The loop has enough.
        drop(event_loop);
        // SAFETY: the reference that was just made; it comes back here, without a loop.
        unsafe { ffi::Py_DECREF(handle) };
        return;
    }
    // SAFETY: an instance of our type.
    unsafe { clear(handle, kind) };
    if let (Kind::Guarded, Some(guarded)) = (kind, &kinds.guarded) {
        // SAFETY: as above, and nobody refers to it.
        unsafe { drop_lock(guarded, handle) };
    }
    // SAFETY: the memory is still that of an object.
    let class = unsafe { ffi::Py_TYPE(handle) };
    // SAFETY: it was made by the collector's allocator, is not tracked, and nobody refers to it.
    unsafe { ffi::PyObject_GC_Del(handle.cast()) };
    // SAFETY: an instance of a type made at run time owns a reference to its type.
    unsafe { ffi::Py_DECREF(class.cast()) };
}

pub(super) unsafe extern "C" fn dealloc_handle(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Handle) };
}

pub(super) unsafe extern "C" fn dealloc_guarded(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Guarded) };
}

pub(super) unsafe extern "C" fn dealloc_timer(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Timer) };
}
