//! `Handle` and `TimerHandle`: subtypes of asyncio's own, with the same slots.
//!
//! Promise: `isinstance` holds, every slot can be read and set as in the standard library, and what
//! is not hot is inherited from it; making one costs one allocation.

#![expect(
    unsafe_code,
    reason = "types made with the C API, slots at their offsets"
)]

use super::core::LoopCore;
use super::entry::{Inside, leaves_the_loop};
use super::slots::Slot;
use crate::names::{intern, once};
use pyo3::exceptions::{PyAttributeError, PyRuntimeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple, PyType};
use std::ffi::{c_int, c_void};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;

/// As many handles as a loop under load has waiting at a time: what a turn is done with serves the
/// next, and neither the allocator nor the garbage collector hears of it. At most 100 KiB each.
const MOST_SPARES: usize = 1024;

/// A handle that was taken apart: its memory and its type, without a reference to it.
struct Spare(NonNull<ffi::PyObject>);

// SAFETY: only its address travels; it is used and freed by threads that are attached.
unsafe impl Send for Spare {}

/// Memory of handles that were done with, for the loop that they belonged to.
#[derive(Default)]
pub(super) struct Spares {
    handles: Vec<Spare>,
    timers: Vec<Spare>,
}

impl Spares {
    fn of(&mut self, kind: Kind) -> &mut Vec<Spare> {
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

unsafe extern "C" {
    /// Makes memory of a former object an object again, with one reference. CPython's own lists of
    /// spares use it; every version from 3.11 to 3.14 exports it.
    fn _Py_NewReference(object: *mut ffi::PyObject);
}

/// Gives memory and type back.
///
/// # Safety
/// Attached; an instance of one of our types that was taken apart and that nobody refers to.
unsafe fn free(object: *mut ffi::PyObject) {
    // SAFETY: the memory is still that of an object.
    let class = unsafe { ffi::Py_TYPE(object) };
    // SAFETY: it was made by the collector's allocator and is not tracked.
    unsafe { ffi::PyObject_GC_Del(object.cast()) };
    // SAFETY: an instance of a type made at run time owns a reference to its type.
    unsafe { ffi::Py_DECREF(class.cast()) };
}

/// What was learnt when the types were made.
pub(super) struct Kinds {
    pub(super) handle: Py<PyType>,
    pub(super) timer: Py<PyType>,
    callback: Slot,
    arguments: Slot,
    cancelled: Slot,
    event_loop: Slot,
    repr: Slot,
    traceback: Slot,
    context: Slot,
    scheduled: Slot,
    when: Slot,
    /// Where handles keep the list of weak references to them.
    references: isize,
    /// Where a timer of ours keeps its number, behind its slots.
    number: isize,
    /// Python's function for an exception in a callback.
    report: Py<PyAny>,
}

static KINDS: OnceLock<Kinds> = OnceLock::new();

/// The types; an error before the Python side has made them.
#[inline]
pub(super) fn kinds() -> PyResult<&'static Kinds> {
    KINDS
        .get()
        .ok_or_else(|| PyRuntimeError::new_err("import ropewalk.asyncio before using its engine"))
}

/// Makes the two types, once.
pub(super) fn make_types<'py>(
    handle: &Bound<'py, PyType>,
    timer: &Bound<'py, PyType>,
    report: Py<PyAny>,
) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyType>)> {
    let py = handle.py();
    let kinds = once(&KINDS, || {
        // SAFETY: a type object is larger than its first fields; attached.
        let number = unsafe { (*timer.as_type_ptr()).tp_basicsize };
        PyResult::Ok(Kinds {
            handle: make_type(
                handle,
                c"ropewalk.asyncio.Handle",
                0,
                (cancel_method, traverse_handle, clear_handle, dealloc_handle),
            )?,
            timer: make_type(
                timer,
                c"ropewalk.asyncio.TimerHandle",
                c_int::try_from(number)? + 8,
                (cancel_method, traverse_timer, clear_timer, dealloc_timer),
            )?,
            callback: Slot::find(handle, "_callback")?,
            arguments: Slot::find(handle, "_args")?,
            cancelled: Slot::find(handle, "_cancelled")?,
            event_loop: Slot::find(handle, "_loop")?,
            repr: Slot::find(handle, "_repr")?,
            traceback: Slot::find(handle, "_source_traceback")?,
            context: Slot::find(handle, "_context")?,
            scheduled: Slot::find(timer, "_scheduled")?,
            when: Slot::find(timer, "_when")?,
            // SAFETY: as above; both of asyncio's types keep it in the same place.
            references: unsafe { (*handle.as_type_ptr()).tp_weaklistoffset },
            number,
            report,
        })
    })?;
    Ok((kinds.handle.bind(py).clone(), kinds.timer.bind(py).clone()))
}

type Parts = (
    ffi::PyCFunction,
    ffi::traverseproc,
    ffi::inquiry,
    ffi::destructor,
);

fn make_type(
    base: &Bound<'_, PyType>,
    name: &'static std::ffi::CStr,
    size: c_int,
    (cancel, traverse, clear, dealloc): Parts,
) -> PyResult<Py<PyType>> {
    let method =
        |name: &'static std::ffi::CStr, function, doc: &'static std::ffi::CStr| ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunction: function,
            },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: doc.as_ptr(),
        };
    // The type refers to its methods for ever.
    let methods = Box::leak(Box::new([
        method(
            c"cancel",
            cancel,
            c"cancel($self, /)\n--\n\nMake the callback not be called.",
        ),
        method(
            c"cancelled",
            cancelled_method,
            c"cancelled($self, /)\n--\n\nWhether it was cancelled.",
        ),
        method(
            c"_run",
            run_method,
            c"_run($self, /)\n--\n\nCall the callback in its context.",
        ),
        ffi::PyMethodDef::zeroed(),
    ]));
    let slot = |number, pfunc| ffi::PyType_Slot {
        slot: number,
        pfunc,
    };
    let mut slots = [
        slot(ffi::Py_tp_methods, methods.as_mut_ptr().cast::<c_void>()),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(0, null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: size,
        itemsize: 0,
        flags: u32::try_from(ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC)?,
        slots: slots.as_mut_ptr(),
    };
    let bases = PyTuple::new(base.py(), [base])?;
    // SAFETY: attached; the specification and what it points to live through the call, the methods
    // and the name for ever.
    let made = unsafe { ffi::PyType_FromSpecWithBases(&raw mut spec, bases.as_ptr()) };
    // SAFETY: a new reference, or null with an exception.
    let made = unsafe { Bound::from_owned_ptr_or_err(base.py(), made) }?;
    Ok(made.cast_into::<PyType>()?.unbind())
}

/// What the interpreter tells of ours; anything else is somebody else's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Handle,
    Timer,
    Foreign,
}

#[inline]
fn kind_of(kinds: &Kinds, object: *mut ffi::PyObject) -> Kind {
    // SAFETY: a live object.
    let class = unsafe { ffi::Py_TYPE(object) }.cast();
    if class == kinds.handle.as_ptr() {
        Kind::Handle
    } else if class == kinds.timer.as_ptr() {
        Kind::Timer
    } else {
        Kind::Foreign
    }
}

/// Makes a handle. The traceback is that of debug mode.
#[inline]
pub(super) fn make<'py>(
    event_loop: &Bound<'py, LoopCore>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let kinds = kinds()?;
    let (made, tracked) = allocate(event_loop, kinds, Kind::Handle)?;
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    if tracked {
        track(&made);
    }
    Ok(made)
}

/// Makes a timer that counts as scheduled.
#[inline]
pub(super) fn make_timer<'py>(
    event_loop: &Bound<'py, LoopCore>,
    when: Bound<'py, PyAny>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let kinds = kinds()?;
    let (made, tracked) = allocate(event_loop, kinds, Kind::Timer)?;
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    let scheduled = PyBool::new(event_loop.py(), true).to_owned().into_any();
    // SAFETY: just made, of the type in which the slot was found.
    unsafe { kinds.when.fill(made.as_ptr(), when.into_ptr()) };
    // SAFETY: as above.
    unsafe { kinds.scheduled.fill(made.as_ptr(), scheduled.into_ptr()) };
    if tracked {
        track(&made);
    }
    Ok(made)
}

/// An object without contents, and whether the garbage collector has to hear of it now.
///
/// What waits in a loop that runs cannot be garbage, as the loop is not; so the collector hears of a
/// handle only when it leaves the loop and somebody keeps it (`track_if_kept`), or when the loop
/// stops running. Most handles never get that far, and a collection has less to look at.
#[inline]
fn allocate<'py>(
    event_loop: &Bound<'py, LoopCore>,
    kinds: &Kinds,
    kind: Kind,
) -> PyResult<(Bound<'py, PyAny>, bool)> {
    let py = event_loop.py();
    let state = &event_loop.get().state;
    let spare = state.mine(|queues| queues.spares.of(kind).pop());
    if let Some(Some(spare)) = spare {
        let object = spare.0.as_ptr();
        // SAFETY: memory of an object of the type, which nobody refers to.
        unsafe { _Py_NewReference(object) };
        // SAFETY: the reference that was just made.
        return Ok((unsafe { Bound::from_owned_ptr(py, object) }, false));
    }
    let class = if kind == Kind::Timer {
        &kinds.timer
    } else {
        &kinds.handle
    };
    // SAFETY: a type of ours, of fixed size.
    let made = unsafe { ffi::PyType_GenericAlloc(class.as_ptr().cast(), 0) };
    // SAFETY: a new reference, or null with an exception.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    // SAFETY: tracked by the call above.
    unsafe { ffi::PyObject_GC_UnTrack(made.as_ptr().cast()) };
    Ok((made, spare.is_none()))
}

/// Lets the garbage collector know of a handle of ours.
#[inline]
fn track(handle: &Bound<'_, PyAny>) {
    // SAFETY: a live object of a type that takes part in garbage collection.
    if unsafe { ffi::PyObject_GC_IsTracked(handle.as_ptr()) } == 0 {
        // SAFETY: as above, and not tracked.
        unsafe { ffi::PyObject_GC_Track(handle.as_ptr().cast()) };
    }
}

/// The same if it is one of ours.
pub(super) fn track_if_ours(handle: &Bound<'_, PyAny>) {
    if kinds().is_ok_and(|kinds| kind_of(kinds, handle.as_ptr()) != Kind::Foreign) {
        track(handle);
    }
}

/// A handle has left the loop's queues, and whoever calls has the reference that was there.
#[inline]
fn track_if_kept(handle: &Bound<'_, PyAny>) {
    // SAFETY: a live object.
    if unsafe { ffi::Py_REFCNT(handle.as_ptr()) } > 1 {
        track(handle);
    }
}

#[inline]
fn fill<'py>(
    kinds: &Kinds,
    made: *mut ffi::PyObject,
    event_loop: &Bound<'py, LoopCore>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) {
    let py = event_loop.py();
    for (slot, value) in [
        (kinds.callback, callback.into_ptr()),
        (kinds.arguments, arguments.into_ptr()),
        (kinds.context, context.into_ptr()),
        (kinds.event_loop, event_loop.clone().into_ptr()),
        (
            kinds.cancelled,
            PyBool::new(py, false).to_owned().into_ptr(),
        ),
        (kinds.repr, py.None().into_ptr()),
        (kinds.traceback, py.None().into_ptr()),
    ] {
        // SAFETY: just made, of a type with these slots; nobody has seen it yet.
        unsafe { slot.fill(made, value) };
    }
}

/// Remembers a timer's number among the loop's timers.
pub(super) fn set_number(timer: &Bound<'_, PyAny>, number: u64) {
    if let Ok(kinds) = kinds()
        && kind_of(kinds, timer.as_ptr()) == Kind::Timer
    {
        // SAFETY: a timer of ours has eight bytes of its own there.
        let place = unsafe { timer.as_ptr().byte_offset(kinds.number) }.cast::<u64>();
        // SAFETY: as above; basic sizes are multiples of eight, so it is aligned.
        unsafe { place.write(number) };
    }
}

fn number_of(kinds: &Kinds, timer: &Bound<'_, PyAny>) -> u64 {
    // SAFETY: the caller knows that it is a timer of ours; see `set_number`.
    let place = unsafe { timer.as_ptr().byte_offset(kinds.number) }.cast::<u64>();
    // SAFETY: as above; memory of a new object is zeroed.
    unsafe { place.read() }
}

/// Whether a handle is cancelled, as far as a look at it tells.
#[inline]
pub(super) fn is_cancelled(handle: &Bound<'_, PyAny>) -> bool {
    let Ok(kinds) = kinds() else { return false };
    if kind_of(kinds, handle.as_ptr()) == Kind::Foreign {
        return handle
            .getattr(intern!(handle.py(), "_cancelled"))
            .and_then(|flag| flag.is_truthy())
            .unwrap_or(false);
    }
    is_true(handle, kinds.cancelled)
}

/// Whether it is cancelled; never calls Python, so that it may be asked under a lock.
#[inline]
pub(super) fn is_cancelled_here(handle: &Bound<'_, PyAny>) -> bool {
    let Ok(kinds) = kinds() else { return false };
    kind_of(kinds, handle.as_ptr()) != Kind::Foreign && is_true(handle, kinds.cancelled)
}

#[inline]
fn is_true(handle: &Bound<'_, PyAny>, slot: Slot) -> bool {
    // SAFETY: the callers know that it is a handle of ours.
    let flag = unsafe { slot.get(handle) };
    // SAFETY: attached.
    flag.is_some_and(|flag| flag.as_ptr() == unsafe { ffi::Py_True() })
}

/// A timer leaves the loop's timers.
pub(super) fn unschedule(timer: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = timer.py();
    let kinds = kinds()?;
    let flag = PyBool::new(py, false).to_owned().into_any();
    if kind_of(kinds, timer.as_ptr()) == Kind::Timer {
        track_if_kept(timer);
        // SAFETY: a timer of ours.
        drop(unsafe { kinds.scheduled.replace(timer, flag) });
        Ok(())
    } else {
        timer.setattr(intern!(py, "_scheduled"), flag)
    }
}

/// Runs a handle unless it is cancelled.
#[inline]
pub(super) fn run(handle: &Bound<'_, PyAny>, event_loop: &Bound<'_, LoopCore>) -> PyResult<()> {
    let py = handle.py();
    let kinds = kinds()?;
    if kind_of(kinds, handle.as_ptr()) == Kind::Foreign {
        if !is_cancelled(handle) {
            handle.call_method0(intern!(py, "_run"))?;
        }
        return Ok(());
    }
    track_if_kept(handle);
    if is_true(handle, kinds.cancelled) {
        return Ok(());
    }
    let Err(error) = call(kinds, handle) else {
        return Ok(());
    };
    if leaves_the_loop(py, &error) {
        return Err(error);
    }
    // The exception handler may keep it.
    track(handle);
    let report = kinds.report.bind(py);
    report.call1((handle, error.into_value(py), event_loop))?;
    Ok(())
}

#[inline]
fn call(kinds: &Kinds, handle: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = handle.py();
    // A callback may cancel its own handle, so all three are owned for the time of the call.
    // SAFETY: the callers know that it is a handle of ours.
    let callback = unsafe { kinds.callback.get(handle) }.map(|found| found.to_owned());
    // SAFETY: as above.
    let arguments = unsafe { kinds.arguments.get(handle) }.map(|found| found.to_owned());
    // SAFETY: as above.
    let context = unsafe { kinds.context.get(handle) }.map(|found| found.to_owned());
    let (Some(callback), Some(arguments), Some(context)) = (callback, arguments, context) else {
        return Err(PyRuntimeError::new_err("a slot of this handle was deleted"));
    };
    let arguments = match arguments.cast_into_exact::<PyTuple>() {
        Ok(tuple) => tuple,
        Err(other) => PyTuple::new(
            py,
            other
                .into_inner()
                .try_iter()?
                .collect::<PyResult<Vec<_>>>()?,
        )?,
    };
    let _inside = Inside::enter(&context)?;
    let items = arguments.as_ptr().cast::<ffi::PyTupleObject>();
    // SAFETY: an exact tuple, alive until after the call.
    let first = unsafe { (&raw const (*items).ob_item) }.cast::<*mut ffi::PyObject>();
    // SAFETY: as many items as the tuple is long; no keywords.
    let result =
        unsafe { ffi::PyObject_Vectorcall(callback.as_ptr(), first, arguments.len(), null_mut()) };
    // SAFETY: a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }?;
    Ok(())
}

/// Cancels a handle, ours or another.
pub(super) fn cancel(handle: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = handle.py();
    let kinds = kinds()?;
    let kind = kind_of(kinds, handle.as_ptr());
    if kind == Kind::Foreign {
        handle.call_method0(intern!(py, "cancel"))?;
        return Ok(());
    }
    cancel_ours(kinds, handle, kind)
}

fn cancel_ours(kinds: &Kinds, handle: &Bound<'_, PyAny>, kind: Kind) -> PyResult<()> {
    let py = handle.py();
    if is_true(handle, kinds.cancelled) {
        return Ok(());
    }
    // SAFETY: a handle of ours, here and below.
    let event_loop = unsafe { kinds.event_loop.get(handle) }.map(|found| found.to_owned());
    let core = event_loop.as_ref().and_then(LoopCore::of);
    let scheduled = kind == Kind::Timer && is_true(handle, kinds.scheduled);
    if kind == Kind::Timer
        && core.is_none()
        && let Some(event_loop) = &event_loop
    {
        event_loop.call_method1(intern!(py, "_timer_handle_cancelled"), (handle,))?;
    }
    let flag = PyBool::new(py, true).to_owned().into_any();
    // SAFETY: as above.
    drop(unsafe { kinds.cancelled.replace(handle, flag) });
    let debug = match (core, &event_loop) {
        (Some(core), _) => core.get().debug(),
        (None, Some(other)) => other.call_method0(intern!(py, "get_debug"))?.is_truthy()?,
        (None, None) => false,
    };
    if debug {
        let text = handle.repr()?.into_any();
        // SAFETY: as above.
        drop(unsafe { kinds.repr.replace(handle, text) });
    }
    let removed = core
        .filter(|_| scheduled)
        .and_then(|core| core.get().timer_cancelled(number_of(kinds, handle)));
    if removed.is_some() {
        unschedule(handle)?;
    }
    // SAFETY: as above.
    let callback = unsafe { kinds.callback.replace(handle, py.None().into_bound(py)) };
    // SAFETY: as above.
    let arguments = unsafe { kinds.arguments.replace(handle, py.None().into_bound(py)) };
    drop((callback, arguments, removed));
    Ok(())
}

/// Calls `body` with the object as it came from the interpreter; an error or a panic becomes the
/// exception.
///
/// # Safety
/// Called by the interpreter with a live object.
unsafe fn entered(
    object: *mut ffi::PyObject,
    body: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls its methods attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the interpreter passes a live object.
    let object = unsafe { Bound::from_borrowed_ptr(py, object) };
    let body = std::panic::AssertUnwindSafe(|| body(&object));
    match std::panic::catch_unwind(body) {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            error.restore(py);
            null_mut()
        }
        Err(_) => {
            PyErr::new::<pyo3::panic::PanicException, _>("a method of a handle").restore(py);
            null_mut()
        }
    }
}

unsafe extern "C" fn cancel_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        let kinds = kinds()?;
        cancel_ours(kinds, handle, kind_of(kinds, handle.as_ptr()))?;
        Ok(handle.py().None().into_ptr())
    };
    // SAFETY: a method descriptor passes an instance of its type, attached.
    unsafe { entered(handle, body) }
}

unsafe extern "C" fn cancelled_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        // SAFETY: a method descriptor passes an instance of its type.
        let flag = unsafe { kinds()?.cancelled.get(handle) };
        let flag = flag.map(|flag| flag.to_owned());
        flag.map(Bound::into_ptr)
            .ok_or_else(|| PyAttributeError::new_err("_cancelled"))
    };
    // SAFETY: as above, attached.
    unsafe { entered(handle, body) }
}

unsafe extern "C" fn run_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        let py = handle.py();
        let kinds = kinds()?;
        if let Err(error) = call(kinds, handle) {
            if leaves_the_loop(py, &error) {
                return Err(error);
            }
            // SAFETY: a method descriptor passes an instance of its type.
            let event_loop = unsafe { kinds.event_loop.get(handle) };
            let event_loop = event_loop.map(|found| found.to_owned());
            let report = kinds.report.bind(py);
            report.call1((handle, error.into_value(py), event_loop))?;
        }
        Ok(py.None().into_ptr())
    };
    // SAFETY: as above, attached.
    unsafe { entered(handle, body) }
}

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
#[inline(always)]
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

unsafe extern "C" fn traverse_handle(
    handle: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { traverse(handle, visit, argument, false) }
}

unsafe extern "C" fn traverse_timer(
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

unsafe extern "C" fn clear_handle(handle: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector passes an instance of the type.
    unsafe { clear(handle, false) };
    0
}

unsafe extern "C" fn clear_timer(handle: *mut ffi::PyObject) -> c_int {
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

/// Leaves the memory of a handle with its loop; whether the loop took it.
#[inline]
fn give_back(handle: *mut ffi::PyObject, event_loop: *mut ffi::PyObject, kind: Kind) -> bool {
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

unsafe extern "C" fn dealloc_handle(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Handle) };
}

unsafe extern "C" fn dealloc_timer(handle: *mut ffi::PyObject) {
    // SAFETY: the interpreter passes an instance of the type.
    unsafe { dealloc(handle, Kind::Timer) };
}
