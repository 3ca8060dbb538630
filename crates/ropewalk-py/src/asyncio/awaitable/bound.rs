//! A method bound for one call: what `async with` gets when it looks up `__aenter__`.
//! Promise: making one reuses the memory of the last one.

#![expect(unsafe_code, reason = "a class with slots that PyO3 does not offer")]

use super::free::{FreeList, Link};
use super::quick::Quick;
use crate::names::once;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, offset_of, size_of};
use std::ptr::null_mut;
use std::sync::OnceLock;

static FREE: FreeList = FreeList::new(offset_of!(BoundMethod, spare));
static CLASS: OnceLock<Py<PyType>> = OnceLock::new();

#[repr(C)]
struct BoundMethod {
    head: ffi::PyObject,
    call: ffi::vectorcallfunc,
    quick: Option<Quick>,
    /// How many arguments calls for `quick` have: none of `__aenter__`, three of `__aexit__`.
    takes: usize,
    /// The method and the object it is bound to, owned; null once cleared.
    method: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
    /// For the free list, while it is dead.
    spare: MaybeUninit<Link>,
}

fn bound<'a>(this: *mut ffi::PyObject) -> &'a BoundMethod {
    // SAFETY: reached through slots of the class only, with a live object of it.
    unsafe { &*this.cast::<BoundMethod>() }
}

unsafe extern "C" fn call(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let this = bound(this);
    if this.object.is_null() {
        return gone();
    }
    // SAFETY: a macro of C over a number.
    let given = unsafe { ffi::PyVectorcall_NARGS(count) }.unsigned_abs();
    if let Some(quick) = this.quick
        && keywords.is_null()
        && given == this.takes
    {
        // Whatever `async with` gives to `__aexit__`, the engine has no use for it.
        // SAFETY: a live object, and no argument.
        let made = unsafe { quick(this.object, null_mut()) };
        // SAFETY: this thread is attached.
        if !made.is_null() || !unsafe { ffi::PyErr_Occurred() }.is_null() {
            return made;
        }
    }
    // SAFETY: what the caller gave, and no more.
    unsafe { call_slowly(this, arguments, given, keywords) }
}

/// Calls the method, with the object before the arguments.
///
/// # Safety
///
/// `arguments` are `given` live objects and one for each of the keywords, if any.
#[cold]
unsafe fn call_slowly(
    this: &BoundMethod,
    arguments: *const *mut ffi::PyObject,
    given: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let named = if keywords.is_null() {
        0
    } else {
        // SAFETY: a live tuple, as a vectorcall is promised.
        unsafe { ffi::PyTuple_GET_SIZE(keywords) }.unsigned_abs()
    };
    let mut all = vec![this.object];
    for index in 0..given + named {
        // SAFETY: the caller gave that many arguments.
        let argument = unsafe { arguments.add(index) };
        // SAFETY: as above.
        all.push(unsafe { argument.read() });
    }
    // SAFETY: a callable that is owned, and live arguments.
    unsafe { ffi::PyObject_Vectorcall(this.method, all.as_ptr(), given + 1, keywords) }
}

/// Says that the method is not bound any more: somebody has found a dead one.
#[cold]
fn gone() -> *mut ffi::PyObject {
    // SAFETY: the static is set as long as the interpreter runs.
    let kind = unsafe { ffi::PyExc_ReferenceError };
    // SAFETY: an exception class, and a text that ends with zero.
    unsafe { ffi::PyErr_SetString(kind, c"the method is not bound any more".as_ptr()) };
    null_mut()
}

unsafe extern "C" fn get(this: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    if bound(this).method.is_null() {
        // As any object: whoever lists all objects asks for its class.
        // SAFETY: a live object, and a string, as the slot is promised.
        return unsafe { ffi::PyObject_GenericGetAttr(this, name) };
    }
    // SAFETY: the method is alive, the name a string, as the slot is promised.
    unsafe { ffi::PyObject_GetAttr(bound(this).method, name) }
}

unsafe extern "C" fn traverse(
    this: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: a live object has a live type.
    let kind = unsafe { ffi::Py_TYPE(this) };
    for object in [kind.cast(), bound(this).method, bound(this).object] {
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
    let memory = this.cast::<BoundMethod>();
    // SAFETY: a live object of the class.
    let method = unsafe { &raw mut (*memory).method };
    // SAFETY: as above.
    let object = unsafe { &raw mut (*memory).object };
    for place in [method, object] {
        // SAFETY: an owned reference or null; null from now on.
        let object = unsafe { place.replace(null_mut()) };
        // SAFETY: the reference was owned.
        unsafe { ffi::Py_XDECREF(object) };
    }
    0
}

unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    let owned = [bound(this).method, bound(this).object];
    if owned.iter().any(|object| object.is_null()) {
        // SAFETY: the dying object that Python gave.
        unsafe { free(this) };
        return;
    }
    for object in owned {
        // Both are the caller's as well in nearly all cases; a last reference is let go of below.
        // SAFETY: owned, hence live.
        if unsafe { ffi::Py_REFCNT(object) } == 1 {
            // SAFETY: the dying object that Python gave.
            unsafe { free(this) };
            return;
        }
    }
    // No destructor runs here: neither is the last reference.
    // SAFETY: the dying object, still whole.
    unsafe { clear(this) };
    // SAFETY: of the list's class, which has no finalizer; tracked since it was made, and empty.
    if !unsafe { FREE.give(this) } {
        // SAFETY: the dying object that Python gave.
        unsafe { free(this) };
    }
}

/// Ends an object that is not kept.
///
/// # Safety
///
/// As of a dealloc.
#[cold]
unsafe fn free(this: *mut ffi::PyObject) {
    // SAFETY: it was tracked when made.
    unsafe { ffi::PyObject_GC_UnTrack(this.cast()) };
    // SAFETY: the dying object, still whole.
    unsafe { clear(this) };
    // SAFETY: still an object, of a heap type.
    let kind = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: the collector's memory, and nothing in it is owned any more.
    unsafe { ffi::PyObject_GC_Del(this.cast()) };
    // SAFETY: objects of heap types own a reference to their type.
    unsafe { ffi::Py_DECREF(kind.cast()) };
}

/// Makes the class; before the first `bind`.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    once(&CLASS, || make_class(py).map(Bound::unbind)).map(drop)
}

fn make_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let place = ffi::PyMemberDef {
        name: c"__vectorcalloffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: isize::try_from(offset_of!(BoundMethod, call))?,
        flags: ffi::Py_READONLY,
        ..ffi::PyMemberDef::default()
    };
    // Python keeps this table for as long as it lives.
    let members = vec![place, ffi::PyMemberDef::default()].leak().as_mut_ptr();
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
        slot(ffi::Py_tp_getattro, get as *mut c_void),
        slot(ffi::Py_tp_members, members.cast()),
        slot(0, null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
        | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: c"ropewalk._ropewalk.asyncio.awaitable.method".as_ptr(),
        basicsize: i32::try_from(size_of::<BoundMethod>())?,
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

/// A new reference, or null with an exception set.
pub(super) fn bind(
    method: *mut ffi::PyObject,
    (quick, takes): (Option<Quick>, usize),
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let kept = FREE.take();
    if !kept.is_null() {
        let memory = kept.cast::<BoundMethod>();
        for owned in [method, object] {
            // SAFETY: the caller's live objects.
            unsafe { ffi::Py_INCREF(owned) };
        }
        // SAFETY: a whole object of the class, this thread's alone.
        let memory = unsafe { &mut *memory };
        memory.quick = quick;
        memory.takes = takes;
        memory.method = method;
        memory.object = object;
        return kept;
    }
    allocate(method, (quick, takes), object)
}

#[cold]
fn allocate(
    method: *mut ffi::PyObject,
    (quick, takes): (Option<Quick>, usize),
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let Some(class) = CLASS.get() else {
        return null_mut();
    };
    let class = class.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: the class has the collector's flag and this size of objects.
    let made = unsafe { ffi::PyObject_GC_New::<ffi::PyObject>(class) };
    if made.is_null() {
        return made;
    }
    for owned in [method, object] {
        // SAFETY: the caller's live objects.
        unsafe { ffi::Py_INCREF(owned) };
    }
    // SAFETY: a fresh object of the class.
    let head = unsafe { made.read() };
    let fields = BoundMethod {
        head,
        call,
        quick,
        takes,
        method,
        object,
        spare: MaybeUninit::uninit(),
    };
    // SAFETY: its memory; the head stays what it was.
    unsafe { made.cast::<BoundMethod>().write(fields) };
    // SAFETY: whole now, and not tracked yet.
    unsafe { ffi::PyObject_GC_Track(made.cast()) };
    made
}
