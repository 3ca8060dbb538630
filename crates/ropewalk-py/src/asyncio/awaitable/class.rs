//! The class of native coroutines, and how one is made.
//! Promise: making one is one allocation, or none when one has died before: that one is used again.

#![expect(unsafe_code, reason = "a class with slots that PyO3 does not offer")]

use super::free::{FreeList, Link};
use super::object::{Body, Object, Room};
use super::work::Work;
use super::{attributes, slots};
use crate::names::once;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::sync::OnceLock;

/// Dead coroutines: DONE, so that their room is free.
pub(super) static FREE: FreeList = FreeList::new(offset_of!(Object, body.room));

const _: () = assert!(size_of::<Link>() <= size_of::<Room>());

/// Makes a coroutine that does `work`.
#[inline]
pub(crate) fn coroutine<W: Work>(py: Python<'_>, work: W) -> PyResult<Bound<'_, PyAny>> {
    let kept = FREE.take();
    if kept.is_null() {
        return allocate(py, work);
    }
    let object = kept.cast::<Object>();
    // SAFETY: a whole object, and this thread's alone.
    let weak = unsafe { (*object).body.weak };
    if !weak.is_null() {
        // Somebody has found it by way of the collector.
        // SAFETY: the reference was the list's.
        unsafe { ffi::Py_DECREF(kept) };
        return allocate(py, work);
    }
    // SAFETY: as above; the head is not touched.
    let body = unsafe { &raw mut (*object).body };
    // SAFETY: it is DONE, so there is nothing to be dropped, and the collector does not run here.
    unsafe { body.write(Body::new(work)) };
    // SAFETY: the reference was the list's, and is this function's now.
    Ok(unsafe { Bound::from_owned_ptr(py, kept) })
}

#[cold]
fn allocate<W: Work>(py: Python<'_>, work: W) -> PyResult<Bound<'_, PyAny>> {
    let class = class(py)?.as_type_ptr();
    // SAFETY: the class has the collector's flag and this size of objects.
    let made = unsafe { ffi::PyObject_GC_New::<ffi::PyObject>(class) };
    // SAFETY: a new reference, or null with MemoryError set; filled before anybody sees it.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    let object = made.as_ptr().cast::<Object>();
    // SAFETY: memory of the class's size, which is the object's; the head is not touched.
    let body = unsafe { &raw mut (*object).body };
    // SAFETY: fresh memory that nobody else knows of, and nothing there to be dropped.
    unsafe { body.write(Body::new(work)) };
    // SAFETY: whole now, and not tracked yet.
    unsafe { ffi::PyObject_GC_Track(made.as_ptr().cast()) };
    Ok(made)
}

/// The class, made at its first use.
pub(super) fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: OnceLock<Py<PyType>> = OnceLock::new();
    Ok(once(&CLASS, || make(py).map(Bound::unbind))?.bind(py))
}

fn method(
    name: &'static std::ffi::CStr,
    call: slots::Binary,
    flags: std::ffi::c_int,
    doc: &'static std::ffi::CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: call },
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    }
}

fn methods() -> Vec<ffi::PyMethodDef> {
    let send = c"send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration.";
    let throw = c"throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration.";
    let close = c"close() -> raise GeneratorExit inside coroutine.";
    vec![
        method(c"send", slots::SEND, ffi::METH_O, send),
        method(c"throw", slots::THROW, ffi::METH_VARARGS, throw),
        method(c"close", slots::CLOSE, ffi::METH_NOARGS, close),
        // In place of the slot's own wrapper: an `await` uses the slot, Python code this.
        method(
            c"__await__",
            slots::WRAP,
            ffi::METH_NOARGS | ffi::METH_COEXIST,
            c"Return an iterator to be used in await expression.",
        ),
        ffi::PyMethodDef::zeroed(),
    ]
}

/// Whether Python's own coroutines have this attribute.
fn is_of_pythons_own(py: Python<'_>, name: &std::ffi::CStr) -> PyResult<bool> {
    let kind = &raw mut ffi::PyCoro_Type;
    // SAFETY: a static type, which lives as long as the interpreter.
    let kind = unsafe { Bound::from_borrowed_ptr(py, kind.cast()) };
    kind.hasattr(&*name.to_string_lossy())
}

fn attributes(py: Python<'_>) -> PyResult<Vec<ffi::PyGetSetDef>> {
    let has_state = is_of_pythons_own(py, attributes::STATE)?;
    let attribute = |(which, (name, _)): (usize, &(&'static std::ffi::CStr, _))| ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(attributes::get_attribute),
        set: None,
        doc: std::ptr::null(),
        closure: std::ptr::without_provenance_mut::<c_void>(which),
    };
    let mut attributes: Vec<_> = attributes::ATTRIBUTES
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| has_state || *name != attributes::STATE)
        .map(attribute)
        .collect();
    attributes.push(ffi::PyGetSetDef::default());
    Ok(attributes)
}

fn members() -> PyResult<Vec<ffi::PyMemberDef>> {
    let mut weak = ffi::PyMemberDef::default();
    weak.name = c"__weaklistoffset__".as_ptr();
    weak.type_code = ffi::Py_T_PYSSIZET;
    weak.offset = isize::try_from(offset_of!(Object, body.weak))?;
    weak.flags = ffi::Py_READONLY;
    Ok(vec![weak, ffi::PyMemberDef::default()])
}

fn make(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    // Python keeps these tables for as long as it lives.
    let methods = methods().leak().as_mut_ptr();
    let attributes = attributes(py)?.leak().as_mut_ptr();
    let members = members()?.leak().as_mut_ptr();
    let mut slots = [
        slot(ffi::Py_tp_dealloc, slots::dealloc as *mut c_void),
        slot(ffi::Py_tp_finalize, slots::finalize as *mut c_void),
        slot(ffi::Py_tp_traverse, slots::traverse as *mut c_void),
        slot(ffi::Py_tp_clear, slots::clear as *mut c_void),
        slot(ffi::Py_tp_repr, slots::REPR as *mut c_void),
        slot(ffi::Py_tp_iternext, slots::iternext as *mut c_void),
        slot(ffi::Py_am_await, slots::awaited as *mut c_void),
        slot(ffi::Py_am_send, slots::am_send as *mut c_void),
        slot(ffi::Py_tp_methods, methods.cast()),
        slot(ffi::Py_tp_getset, attributes.cast()),
        slot(ffi::Py_tp_members, members.cast()),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
        | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: c"ropewalk._ropewalk.asyncio.awaitable.coroutine".as_ptr(),
        basicsize: i32::try_from(size_of::<Object>())?,
        itemsize: 0,
        flags: u32::try_from(flags)?,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec is whole, its tables end with zeros, and its functions have the
    // signatures of their slots.
    let class = unsafe { ffi::PyType_FromSpec(&raw mut spec) };
    // SAFETY: a new reference, or null with an exception set.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, class) }?;
    Ok(class.cast_into::<PyType>()?)
}
