//! A Python function with a native short cut: what the engine's methods look like.
//!
//! Promise: to whoever looks, it is the Python function, `isinstance` included: name, signature,
//! code, documentation, and bound methods that are Python's own. A call with the usual positional
//! arguments goes to the engine without running the function; any other call (keywords, too few,
//! too many) runs the function, which does the same or complains as Python functions do. So does
//! a call that the engine answers with None, where that is a coroutine function's engine.

#![expect(unsafe_code, reason = "a class with slots that PyO3 does not offer")]

use super::bound;
use super::quick::{Quick, function_of};
use crate::names::once;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::{CStr, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::sync::OnceLock;

unsafe extern "C" {
    /// Python's own bound method; `PyO3` does not list it.
    fn PyMethod_New(function: *mut ffi::PyObject, object: *mut ffi::PyObject)
    -> *mut ffi::PyObject;
}

/// What kind of function it is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A coroutine function, whose engine answers None to leave a call to the function.
    Coroutine,
    /// One that only `async with` looks up: bound methods are handed out from a free list.
    Special,
    /// A plain function.
    Plain,
    /// A plain function that takes any keywords, as its engine does.
    Keywords,
}

/// Which calls go where.
#[derive(Clone, Copy)]
struct Way {
    /// For calls with the least number of arguments: what a capsule holds.
    quick: Option<Quick>,
    /// How many positional arguments the engine takes, `self` included.
    least: usize,
    most: usize,
    /// Whether `engine` is a method, and not the capsule of `quick`.
    callable: bool,
    kind: Kind,
}

/// The memory of a method.
#[repr(C)]
struct Method {
    head: ffi::PyObject,
    call: ffi::vectorcallfunc,
    /// Owned; null once the collector has cleared it.
    function: *mut ffi::PyObject,
    /// The engine's own method, or a capsule of `quick`, owned; null once cleared.
    engine: *mut ffi::PyObject,
    way: Way,
    /// The weak references to it; Python's.
    weak: *mut ffi::PyObject,
}

fn method<'a>(this: *mut ffi::PyObject) -> &'a Method {
    // SAFETY: reached through slots of the class only, with a live object of it. Its fields are
    // written before anybody sees it, and by the collector's clear when nobody can any more.
    unsafe { &*this.cast::<Method>() }
}

/// What `call` with these arguments goes to.
fn target(this: &Method, count: usize, keywords: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let way = &this.way;
    let takes = (way.least..=way.most).contains(&count);
    if takes && way.callable && (keywords.is_null() || way.kind == Kind::Keywords) {
        this.engine
    } else {
        this.function
    }
}

unsafe extern "C" fn call(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: a macro of C over a number.
    let given = unsafe { ffi::PyVectorcall_NARGS(count) };
    let this = method(this);
    let given = given.unsigned_abs();
    if let Some(quick) = this.way.quick
        && given == this.way.least
        && keywords.is_null()
    {
        // SAFETY: the count says that there is a first argument.
        let object = unsafe { arguments.read() };
        let argument = if given > 1 {
            // SAFETY: and here, that there is a second one.
            let second = unsafe { arguments.add(1) };
            // SAFETY: as above.
            unsafe { second.read() }
        } else {
            std::ptr::null_mut()
        };
        // SAFETY: live arguments, one or two as the function takes.
        let made = unsafe { quick(object, argument) };
        // SAFETY: this thread is attached.
        if !made.is_null() || !unsafe { ffi::PyErr_Occurred() }.is_null() {
            return made;
        }
    }
    let target = target(this, given, keywords);
    // SAFETY: both targets are live callables that the method owns; the arguments are handed on.
    let made = unsafe { ffi::PyObject_Vectorcall(target, arguments, count, keywords) };
    // SAFETY: the static object lives as long as the interpreter.
    let answered = made != unsafe { ffi::Py_None() };
    let plain = matches!(this.way.kind, Kind::Plain | Kind::Keywords);
    if answered || plain || target == this.function {
        return made;
    }
    // The engine leaves it to the function.
    // SAFETY: a reference that is ours.
    unsafe { ffi::Py_DECREF(made) };
    // SAFETY: as above.
    unsafe { ffi::PyObject_Vectorcall(this.function, arguments, count, keywords) }
}

unsafe extern "C" fn bind(
    this: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
    _class: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the static object lives as long as the interpreter.
    let none = unsafe { ffi::Py_None() };
    if object.is_null() || object == none {
        // SAFETY: a live object.
        unsafe { ffi::Py_INCREF(this) };
        return this;
    }
    let way = &method(this).way;
    if way.kind == Kind::Special {
        return bound::bind(this, (way.quick, way.least - 1), object);
    }
    // SAFETY: a callable and a live object.
    unsafe { PyMethod_New(this, object) }
}

unsafe extern "C" fn get(this: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the function is alive, the name a string, as the slot is promised.
    unsafe { ffi::PyObject_GetAttr(method(this).function, name) }
}

unsafe extern "C" fn set(
    this: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    let function = method(this).function;
    if value.is_null() {
        // SAFETY: as above; null means to delete.
        return unsafe { ffi::PyObject_DelAttr(function, name) };
    }
    // SAFETY: as above.
    unsafe { ffi::PyObject_SetAttr(function, name, value) }
}

unsafe extern "C" fn repr(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the function is alive.
    unsafe { ffi::PyObject_Repr(method(this).function) }
}

unsafe extern "C" fn traverse(
    this: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: a live object has a live type.
    let kind = unsafe { ffi::Py_TYPE(this) };
    for object in [kind.cast(), method(this).function, method(this).engine] {
        if !object.is_null() {
            // SAFETY: the collector's visitor takes live objects, and these are owned.
            let stop = unsafe { visit(object, argument) };
            if stop != 0 {
                return stop;
            }
        }
    }
    0
}

unsafe extern "C" fn clear(this: *mut ffi::PyObject) -> c_int {
    let memory = this.cast::<Method>();
    // SAFETY: a live object of the class.
    let function = unsafe { &raw mut (*memory).function };
    // SAFETY: as above.
    let engine = unsafe { &raw mut (*memory).engine };
    for place in [function, engine] {
        // SAFETY: an owned reference or null; null from now on.
        let object = unsafe { place.replace(std::ptr::null_mut()) };
        // SAFETY: the reference was owned.
        unsafe { ffi::Py_XDECREF(object) };
    }
    0
}

unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    // SAFETY: it was tracked when made.
    unsafe { ffi::PyObject_GC_UnTrack(this.cast()) };
    // SAFETY: the dying object, still whole, of a class with weak references.
    unsafe { ffi::PyObject_ClearWeakRefs(this) };
    // SAFETY: as above.
    unsafe { clear(this) };
    // SAFETY: still an object, of a heap type.
    let kind = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: the collector's memory, and nothing in it is owned any more.
    unsafe { ffi::PyObject_GC_Del(this.cast()) };
    // SAFETY: objects of heap types own a reference to their type.
    unsafe { ffi::Py_DECREF(kind.cast()) };
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: OnceLock<Py<PyType>> = OnceLock::new();
    Ok(once(&CLASS, || make_class(py).map(Bound::unbind))?.bind(py))
}

fn make_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let place = |name: &'static CStr, offset| {
        Ok::<_, PyErr>(ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: isize::try_from(offset)?,
            flags: ffi::Py_READONLY,
            ..ffi::PyMemberDef::default()
        })
    };
    let members = vec![
        place(c"__vectorcalloffset__", offset_of!(Method, call))?,
        place(c"__weaklistoffset__", offset_of!(Method, weak))?,
        ffi::PyMemberDef::default(),
    ];
    // Python keeps this table for as long as it lives.
    let members = members.leak().as_mut_ptr();
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
        slot(ffi::Py_tp_descr_get, bind as *mut c_void),
        slot(ffi::Py_tp_getattro, get as *mut c_void),
        slot(ffi::Py_tp_setattro, set as *mut c_void),
        slot(ffi::Py_tp_members, members.cast()),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
        | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: c"ropewalk._ropewalk.asyncio.awaitable.function".as_ptr(),
        basicsize: i32::try_from(size_of::<Method>())?,
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

/// `function` with a short cut: a call with `count` positional arguments goes to `engine`.
#[pyfunction]
#[pyo3(signature = (function, engine, count, special=false))]
pub(super) fn short_cut<'py>(
    function: &Bound<'py, PyAny>,
    engine: &Bound<'py, PyAny>,
    count: usize,
    special: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let quick = function_of(engine);
    let way = Way {
        quick,
        least: count,
        most: count,
        callable: quick.is_none(),
        kind: if special {
            Kind::Special
        } else {
            Kind::Coroutine
        },
    };
    make(function, engine, way)
}

/// `function` as the face of the engine's method `engine`, which takes from `least` to `most`
/// positional arguments; `quick` is a capsule for calls with the least.
#[pyfunction]
#[pyo3(signature = (function, engine, least, most, keywords, quick=None))]
pub(super) fn face<'py>(
    function: &Bound<'py, PyAny>,
    engine: &Bound<'py, PyAny>,
    least: usize,
    most: usize,
    keywords: bool,
    quick: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let way = Way {
        quick: quick.and_then(function_of),
        least,
        most,
        callable: true,
        kind: if keywords {
            Kind::Keywords
        } else {
            Kind::Plain
        },
    };
    make(function, engine, way)
}

/// Whether `found` is `engine`, a method of the engine's, or its face.
pub(crate) fn leads_to(found: &Bound<'_, PyAny>, engine: &Bound<'_, PyAny>) -> bool {
    if found.is(engine) {
        return true;
    }
    match class(found.py()) {
        Ok(class) if found.get_type().is(class) => {
            std::ptr::eq(method(found.as_ptr()).engine, engine.as_ptr())
        }
        _ => false,
    }
}

fn make<'py>(
    function: &Bound<'py, PyAny>,
    engine: &Bound<'py, PyAny>,
    way: Way,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    let class = class(py)?.as_type_ptr();
    // SAFETY: the class has the collector's flag and this size of objects.
    let made = unsafe { ffi::PyObject_GC_New::<ffi::PyObject>(class) };
    // SAFETY: a new reference, or null with MemoryError set; filled before anybody sees it.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    let memory = made.as_ptr().cast::<Method>();
    // SAFETY: a fresh object of the class.
    let head = unsafe { made.as_ptr().read() };
    let fields = Method {
        head,
        call,
        function: function.clone().into_ptr(),
        engine: engine.clone().into_ptr(),
        way,
        weak: std::ptr::null_mut(),
    };
    // SAFETY: fresh memory; the head stays what it was.
    unsafe { memory.write(fields) };
    // SAFETY: whole now, and not tracked yet.
    unsafe { ffi::PyObject_GC_Track(made.as_ptr().cast()) };
    Ok(made)
}
