//! The end of a coroutine for callers that only take it as an exception.
//!
//! Promise: what is raised is what Python's own coroutines raise: `StopIteration`, no subclass,
//! and one that nobody else has, so that nothing outlives whoever catches it. No Python code
//! runs on the way.
//!
//! From 3.12 on each `await` takes the end of a foreign coroutine this way, and lets go of the
//! exception at once. Hence two short ways. One takes memory from the type and fills in
//! the two fields that the two constructors would fill in. The other ([`raise_again`]) uses
//! one spare exception for one coroutine after the other: it holds the result until the coroutine
//! dies, which for an `await` is the next thing that happens, and then is spare again if
//! nobody has kept or changed it ([`give_back`]).

#![expect(unsafe_code, reason = "an exception that no constructor has made")]

use crate::names::once;
use pyo3::exceptions::{PyBaseException, PyStopIteration};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::CStr;
use std::sync::OnceLock;

/// Sets `StopIteration(value)` as the thread's exception; or another, if that fails.
pub(super) fn raise(value: &Bound<'_, PyAny>) {
    // By number, here and below: the layout of an exception and of a thread's state, which 3.12
    // changed, is that of a minor release.
    #[cfg(Py_3_12)]
    if fresh::raise(value) {
        return;
    }
    let py = value.py();
    // Asked before anything is raised: it may run Python code.
    let drops_context = is_handling(py) && !has_context(py).unwrap_or(true);
    if let Err(error) = slowly(value) {
        error.restore(py);
        return;
    }
    if drops_context && let Some(end) = PyErr::take(py) {
        // SAFETY: an exception, which has a place for its context.
        unsafe { ffi::PyException_SetContext(end.value(py).as_ptr(), std::ptr::null_mut()) };
        end.restore(py);
    }
}

/// Whether the end of one of Python's own generators has the exception that is being handled as its
/// context. It had until 3.13.
fn has_context(py: Python<'_>) -> PyResult<bool> {
    static HAS: OnceLock<bool> = OnceLock::new();
    let has = once(&HAS, || {
        let names = PyDict::new(py);
        py.run(PROBE, Some(&names), None)?;
        let has = names.get_item("has_context")?;
        PyResult::Ok(has.is_some_and(|has| has.is_truthy().unwrap_or(true)))
    })?;
    Ok(*has)
}

const PROBE: &CStr = c"
def ends():
    return 1
    yield
try:
    raise KeyError
except KeyError as handled:
    try:
        next(ends())
    except StopIteration as end:
        has_context = end.__context__ is handled
";

/// Whether this thread handles an exception.
fn is_handling(_py: Python<'_>) -> bool {
    // SAFETY: this thread is attached, as `_py` shows.
    let handled = unsafe { ffi::PyErr_GetHandledException() };
    // SAFETY: null, or a reference that was owned; whoever handles it has another.
    unsafe { ffi::Py_XDECREF(handled) };
    !handled.is_null()
}

/// Whether the exception that this thread handles becomes the context of what is raised.
#[cfg(Py_3_12)]
#[inline]
fn is_to_have_context(py: Python<'_>) -> bool {
    is_handling(py) && has_context(py).unwrap_or(true)
}

/// Raises by calling the class; gives the exception the context it has by that.
fn slowly(value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = value.py();
    // SAFETY: the static is set as long as the interpreter runs.
    let kind = unsafe { ffi::PyExc_StopIteration };
    let ambiguous = value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyBaseException>();
    let given = if ambiguous {
        py.get_type::<PyStopIteration>().call1((value,))?
    } else {
        // Stands for no argument if it is None.
        value.clone()
    };
    // SAFETY: an exception class, and a live object.
    unsafe { ffi::PyErr_SetObject(kind, given.as_ptr()) };
    Ok(())
}

/// As `raise`, with the spare exception. Returns a second reference to it, for `give_back`; null
/// when nothing was done.
#[inline]
pub(super) fn raise_again(value: &Bound<'_, PyAny>) -> *mut ffi::PyObject {
    #[cfg(all(Py_3_12, not(Py_GIL_DISABLED)))]
    return spare::raise(value);
    #[cfg(not(all(Py_3_12, not(Py_GIL_DISABLED))))]
    {
        let _ = value;
        std::ptr::null_mut()
    }
}

/// Takes back what `raise_again` returned.
///
/// # Safety
///
/// The reference is handed over; this thread is attached.
#[inline]
pub(super) unsafe fn give_back(spent: *mut ffi::PyObject) {
    #[cfg(all(Py_3_12, not(Py_GIL_DISABLED)))]
    // SAFETY: as this function's caller promises.
    unsafe {
        spare::give_back(spent);
    };
    #[cfg(not(all(Py_3_12, not(Py_GIL_DISABLED))))]
    // SAFETY: the reference is owned.
    unsafe {
        ffi::Py_DECREF(spent);
    };
}

#[cfg(all(Py_3_12, not(Py_GIL_DISABLED)))]
mod spare {
    //! | the slot    | the exception                                                      |
    //! |-------------|--------------------------------------------------------------------|
    //! | null        | does not exist yet, or is in use, or was kept by somebody          |
    //! | an object   | exact `StopIteration` of one owner, `args` is a tuple of one owner; |
    //! |             | its one item and `value` are None                                  |

    use pyo3::ffi;
    use pyo3::prelude::*;
    use ropewalk_facade::atomic::{AtomicPtr, Ordering};
    use std::mem::size_of;
    use std::ptr::null_mut;

    static SPARE: AtomicPtr<ffi::PyObject> = AtomicPtr::new(null_mut());

    fn memory(error: *mut ffi::PyObject) -> *mut ffi::PyStopIterationObject {
        error.cast()
    }

    /// Puts an object into a place, and returns what was there.
    ///
    /// # Safety
    ///
    /// The place holds an owned reference; `object`'s is handed over, and the caller gets the other.
    unsafe fn exchange(
        place: *mut *mut ffi::PyObject,
        object: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: as the caller promises.
        unsafe { place.replace(object) }
    }

    fn none() -> *mut ffi::PyObject {
        // SAFETY: the static object lives as long as the interpreter.
        let none = unsafe { ffi::Py_None() };
        // SAFETY: as above; it is immortal, which costs nothing.
        unsafe { ffi::Py_INCREF(none) };
        none
    }

    /// A new exception, as one in the slot is; null, and no exception is set.
    #[cold]
    fn make(py: Python<'_>) -> *mut ffi::PyObject {
        let Ok(made) = py
            .get_type::<pyo3::exceptions::PyStopIteration>()
            .call1((py.None(),))
        else {
            return null_mut();
        };
        // SAFETY: a live object's live type.
        let size = unsafe { (*made.get_type_ptr()).tp_basicsize };
        if usize::try_from(size) != Ok(size_of::<ffi::PyStopIterationObject>()) {
            return null_mut();
        }
        let made = made.into_ptr();
        // SAFETY: nobody else has it, and it is still in this function's hands.
        if unsafe { is_clean(made) } {
            return made;
        }
        // SAFETY: the reference was owned.
        unsafe { ffi::Py_DECREF(made) };
        null_mut()
    }

    /// Whether nobody else has the exception or has changed more than its value.
    ///
    /// # Safety
    ///
    /// A live `StopIteration`.
    unsafe fn is_clean(error: *mut ffi::PyObject) -> bool {
        // SAFETY: a live object of this layout; nobody writes it meanwhile, as this thread is
        // attached and runs no Python code here.
        let fields = unsafe { &*memory(error) };
        // SAFETY: the static is set as long as the interpreter runs.
        let class = unsafe { ffi::PyExc_StopIteration };
        // SAFETY: a live object.
        let kind = unsafe { ffi::Py_TYPE(error) };
        // SAFETY: as above.
        let owners = unsafe { ffi::Py_REFCNT(error) };
        // A byte of C's, whatever the binding calls it.
        let place = (&raw const fields.suppress_context).cast::<u8>();
        // SAFETY: a field of a live object.
        let suppressed = unsafe { place.read() };
        let extras = [
            fields.dict,
            fields.notes,
            fields.traceback,
            fields.context,
            fields.cause,
        ];
        if owners != 1
            || kind.cast() != class
            || fields.args.is_null()
            || fields.value.is_null()
            || suppressed != 0
            || extras.iter().any(|extra| !extra.is_null())
        {
            return false;
        }
        // SAFETY: owned by the exception, hence live.
        if unsafe { ffi::PyTuple_CheckExact(fields.args) } == 0 {
            return false;
        }
        // SAFETY: as above.
        let owners = unsafe { ffi::Py_REFCNT(fields.args) };
        // SAFETY: a tuple.
        owners == 1 && unsafe { ffi::PyTuple_GET_SIZE(fields.args) } == 1
    }

    /// Puts the value, or None, into a clean exception; returns what was there.
    ///
    /// # Safety
    ///
    /// `is_clean` is true of it; two references to `value` are handed over, two given.
    unsafe fn fill(
        error: *mut ffi::PyObject,
        value: *mut ffi::PyObject,
    ) -> [*mut ffi::PyObject; 2] {
        // SAFETY: the exception's memory.
        let place = unsafe { &raw mut (*memory(error)).value };
        // SAFETY: as above.
        let arguments = unsafe { (*memory(error)).args }.cast::<ffi::PyTupleObject>();
        // SAFETY: a tuple of one item.
        let item = unsafe { (&raw mut (*arguments).ob_item).cast::<*mut ffi::PyObject>() };
        // The collector may have taken it for a tuple of nothing but atoms.
        // SAFETY: a live tuple.
        if unsafe { ffi::PyObject_GC_IsTracked(arguments.cast()) } == 0 {
            // SAFETY: whole, and not tracked.
            unsafe { ffi::PyObject_GC_Track(arguments.cast()) };
        }
        // SAFETY: owned references both.
        let first = unsafe { exchange(place, value) };
        // SAFETY: as above; nobody else has the tuple, so nobody sees it change.
        let second = unsafe { exchange(item, value) };
        [first, second]
    }

    #[inline]
    pub(super) fn raise(value: &Bound<'_, PyAny>) -> *mut ffi::PyObject {
        if super::is_to_have_context(value.py()) {
            return null_mut();
        }
        // sync: spare-stop, Acquire pairs with the Release in `give_back`.
        let mut error = SPARE.swap(null_mut(), Ordering::Acquire);
        if error.is_null() {
            error = make(value.py());
            if error.is_null() {
                return error;
            }
        // SAFETY: the slot's object is live, and this thread's by the swap.
        } else if !unsafe { is_clean(error) } {
            // Somebody has found it by way of the collector.
            // SAFETY: the reference was the slot's.
            unsafe { ffi::Py_DECREF(error) };
            return null_mut();
        }
        let value = value.as_ptr();
        for _ in 0..2 {
            // SAFETY: a live object.
            unsafe { ffi::Py_INCREF(value) };
        }
        // What was there are two references to None.
        // SAFETY: clean, as was asked above.
        for old in unsafe { fill(error, value) } {
            // SAFETY: owned.
            unsafe { ffi::Py_DECREF(old) };
        }
        // SAFETY: a live object.
        unsafe { ffi::Py_INCREF(error) };
        // SAFETY: a whole exception; one reference is handed over.
        unsafe { ffi::PyErr_SetRaisedException(error) };
        error
    }

    /// See the outer function.
    ///
    /// # Safety
    ///
    /// The reference is handed over; this thread is attached.
    #[inline]
    pub(super) unsafe fn give_back(spent: *mut ffi::PyObject) {
        // SAFETY: owned, hence live.
        if !unsafe { is_clean(spent) } {
            // Somebody has it, or has had it. It is an exception as any other now.
            // SAFETY: the reference is owned.
            unsafe { ffi::Py_DECREF(spent) };
            return;
        }
        // SAFETY: clean, as was asked above; the references are new.
        let held = unsafe { fill(spent, none()) };
        // sync: spare-stop, Release pairs with the Acquire in `raise`.
        let other = SPARE.swap(spent, Ordering::AcqRel);
        // SAFETY: null, or a reference that was the slot's.
        unsafe { ffi::Py_XDECREF(other) };
        for object in held {
            // SAFETY: owned by the exception until now.
            unsafe { ffi::Py_DECREF(object) };
        }
    }
}

#[cfg(Py_3_12)]
mod fresh {
    use crate::names::once;
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::types::{PyBool, PyTuple};
    use std::mem::size_of;
    use std::sync::OnceLock;

    /// `(value,)`. Those of False and True are made once: a tuple never changes.
    fn arguments<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        static FLAGS: [OnceLock<Py<PyTuple>>; 2] = [OnceLock::new(), OnceLock::new()];
        let py = value.py();
        let Ok(flag) = value.cast::<PyBool>() else {
            return PyTuple::new(py, [value]);
        };
        let made = once(&FLAGS[usize::from(flag.is_true())], || {
            PyTuple::new(py, [value]).map(Bound::unbind)
        })?;
        Ok(made.bind(py).clone())
    }

    /// Raises without a constructor; false when nothing was done.
    pub(super) fn raise(value: &Bound<'_, PyAny>) -> bool {
        if super::is_to_have_context(value.py()) {
            return false;
        }
        if value.is_none() {
            return false;
        }
        // SAFETY: the static is set as long as the interpreter runs.
        let class = unsafe { ffi::PyExc_StopIteration }.cast::<ffi::PyTypeObject>();
        // SAFETY: a live type.
        let size = unsafe { (*class).tp_basicsize };
        if usize::try_from(size) != Ok(size_of::<ffi::PyStopIterationObject>()) {
            return false;
        }
        let arguments = match arguments(value) {
            Ok(arguments) => arguments.into_ptr(),
            Err(error) => {
                error.restore(value.py());
                return true;
            }
        };
        // SAFETY: a class whose objects are from the collector's memory, as this makes them: all
        // fields are null, which is what the constructors leave but for the two below.
        let error = unsafe { ffi::PyType_GenericAlloc(class, 0) };
        if error.is_null() {
            // SAFETY: the reference was owned.
            unsafe { ffi::Py_DECREF(arguments) };
            return true;
        }
        let memory = error.cast::<ffi::PyStopIterationObject>();
        // SAFETY: the class's objects have this layout, as their size shows.
        let place = unsafe { &raw mut (*memory).args };
        // SAFETY: as above; nobody else has the object, and it takes the reference.
        unsafe { place.write(arguments) };
        // SAFETY: as above.
        let place = unsafe { &raw mut (*memory).value };
        // SAFETY: as above.
        unsafe { place.write(value.clone().into_ptr()) };
        // SAFETY: a whole exception; its reference is handed over.
        unsafe { ffi::PyErr_SetRaisedException(error) };
        true
    }
}
