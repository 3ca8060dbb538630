//! The types, and what was learnt when they were made.
//!
//! Promise: they are made once, and every offset in use is that of asyncio's own class.

#![expect(unsafe_code, reason = "types made with the C API")]

use super::super::slots::Slot;
use super::collect::{
    clear_guarded, clear_handle, clear_timer, dealloc_guarded, dealloc_handle, dealloc_timer,
    traverse_guarded, traverse_handle, traverse_timer,
};
use super::guarded::{Guarded, OWN_BYTES, alloc_guarded};
use super::methods::{cancel_method, cancelled_method, get_lock, run_method, set_lock};
use crate::names::once;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// What was learnt when the types were made.
pub(in crate::asyncio::loops) struct Kinds {
    pub(in crate::asyncio::loops) handle: Py<PyType>,
    pub(in crate::asyncio::loops) timer: Py<PyType>,
    pub(super) callback: Slot,
    pub(super) arguments: Slot,
    pub(super) cancelled: Slot,
    pub(super) event_loop: Slot,
    pub(super) repr: Slot,
    pub(super) traceback: Slot,
    pub(super) context: Slot,
    pub(super) scheduled: Slot,
    pub(super) when: Slot,
    /// Where handles keep the list of weak references to them.
    pub(super) references: isize,
    /// Python's function for an exception in a callback.
    pub(super) report: Py<PyAny>,
    /// For callbacks that other threads hand in, where asyncio has a class of their own.
    pub(in crate::asyncio::loops) guarded: Option<Guarded>,
    /// The tuple that most callbacks have as arguments.
    pub(in crate::asyncio::loops) nothing: Py<PyTuple>,
}

impl Kinds {
    /// Whether there are weak references to a handle of ours.
    #[inline]
    pub(super) fn is_referred_weakly(&self, handle: &Bound<'_, PyAny>) -> bool {
        // SAFETY: asyncio's handles keep their weak references there, and so do ours.
        let place = unsafe { handle.as_ptr().byte_offset(self.references) };
        // SAFETY: as above.
        !unsafe { place.cast::<*mut ffi::PyObject>().read() }.is_null()
    }
}

pub(super) static KINDS: OnceLock<Kinds> = OnceLock::new();

/// The types; an error before the Python side has made them.
#[inline]
pub(in crate::asyncio::loops) fn kinds() -> PyResult<&'static Kinds> {
    KINDS
        .get()
        .ok_or_else(|| PyRuntimeError::new_err("import ropewalk.asyncio before using its engine"))
}

/// Makes the types, once; all but the one for other threads are the answer.
pub(in crate::asyncio::loops) fn make_types<'py>(
    handle: &Bound<'py, PyType>,
    timer: &Bound<'py, PyType>,
    report: Py<PyAny>,
    thread_safe: Option<&Bound<'py, PyType>>,
) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyType>)> {
    let py = handle.py();
    let kinds = once(&KINDS, || {
        PyResult::Ok(Kinds {
            handle: make_type(
                handle,
                c"ropewalk.asyncio.Handle",
                (cancel_method, traverse_handle, clear_handle, dealloc_handle),
                None,
            )?,
            timer: make_type(
                timer,
                c"ropewalk.asyncio.TimerHandle",
                (cancel_method, traverse_timer, clear_timer, dealloc_timer),
                None,
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
            // SAFETY: a type object is larger than its first fields; attached. Both of asyncio's types keep it in the same place.
            references: unsafe { (*handle.as_type_ptr()).tp_weaklistoffset },
            report,
            guarded: thread_safe.map(make_guarded).transpose()?,
            nothing: PyTuple::empty(py).unbind(),
        })
    })?;
    Ok((kinds.handle.bind(py).clone(), kinds.timer.bind(py).clone()))
}

fn make_guarded(theirs: &Bound<'_, PyType>) -> PyResult<Guarded> {
    // SAFETY: a type object is larger than its first fields; attached.
    let own = unsafe { (*theirs.as_type_ptr()).tp_basicsize };
    if own.cast_unsigned() % align_of::<usize>() != 0 {
        return Err(PyTypeError::new_err(format!(
            "{theirs} is no class with slots"
        )));
    }
    let class = make_type(
        theirs,
        c"ropewalk.asyncio._ThreadSafeHandle",
        (
            cancel_method,
            traverse_guarded,
            clear_guarded,
            dealloc_guarded,
        ),
        Some(own + OWN_BYTES.cast_signed()),
    )?;
    let lock = Slot::find(theirs, "_lock")?;
    Ok(Guarded { class, lock, own })
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
    (cancel, traverse, clear, dealloc): Parts,
    size_with_lock: Option<isize>,
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
    let properties = Box::leak(Box::new([
        ffi::PyGetSetDef {
            name: c"_lock".as_ptr(),
            get: Some(get_lock),
            set: Some(set_lock),
            doc: c"Held while the callback runs.".as_ptr(),
            closure: null_mut(),
        },
        ffi::PyGetSetDef::default(),
    ]));
    let of_locks = [
        slot(ffi::Py_tp_alloc, alloc_guarded as *mut c_void),
        slot(ffi::Py_tp_getset, properties.as_mut_ptr().cast::<c_void>()),
    ];
    let mut slots: Vec<_> = vec![
        slot(ffi::Py_tp_methods, methods.as_mut_ptr().cast::<c_void>()),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
    ];
    slots.extend(size_with_lock.iter().flat_map(|_| of_locks));
    slots.push(slot(0, null_mut()));
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: size_with_lock.map_or(Ok(0), c_int::try_from)?,
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
pub(super) enum Kind {
    Handle,
    Timer,
    /// Of a callback that another thread handed in.
    Guarded,
    Foreign,
}

#[inline]
pub(super) fn kind_of(kinds: &Kinds, object: *mut ffi::PyObject) -> Kind {
    // SAFETY: a live object.
    let class = unsafe { ffi::Py_TYPE(object) }.cast();
    if class == kinds.handle.as_ptr() {
        Kind::Handle
    } else if class == kinds.timer.as_ptr() {
        Kind::Timer
    } else if let Some(guarded) = &kinds.guarded
        && class == guarded.class.as_ptr()
    {
        Kind::Guarded
    } else {
        Kind::Foreign
    }
}
