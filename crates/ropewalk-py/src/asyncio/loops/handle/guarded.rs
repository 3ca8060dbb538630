//! Handles of callbacks that other threads hand in, where asyncio has a class of their own (since
//! Python 3.14): whoever cancels one waits while its callback runs.
//!
//! Promise: the lock of such a handle is the one that Python sees as `_lock`, held while its callback
//! runs, as in the standard library; what a cancelled handle lets go of is dropped outside of it.
//!
//! The lock lies in the handle's own memory, behind asyncio's slots. Whoever reads `_lock` gets an
//! object that takes this lock; what somebody puts there is used in its place.

#![expect(unsafe_code, reason = "slots at their offsets, a lock behind them")]

use super::super::core::LoopCore;
use super::super::slots::Slot;
use super::kinds::{Kind, Kinds, kinds};
use super::make::{allocate_new, fill};
use crate::names::intern;
use crate::report::{MadeAt, Why};
use crate::timeout::{Flag, Given, Timeout};
use crate::wait::Interpreter;
use pyo3::Borrowed;
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use ropewalk_sync::{NotOwner, RLock};

/// What was learnt of the class.
pub(in crate::asyncio::loops) struct Guarded {
    pub(in crate::asyncio::loops) class: Py<PyType>,
    /// Empty unless somebody put another lock there.
    pub(super) lock: Slot,
    /// Where the lock of a handle begins.
    pub(super) own: isize,
}

/// The bytes that a handle's own lock takes.
pub(super) const OWN_BYTES: usize = size_of::<RLock>();

// A handle's memory is aligned for pointers.
const _: () = assert!(align_of::<RLock>() <= align_of::<usize>());

static MADE: MadeAt = MadeAt::UNKNOWN;

/// Makes such a handle.
pub(in crate::asyncio::loops) fn make_guarded<'py>(
    event_loop: &Bound<'py, LoopCore>,
    kinds: &Kinds,
    guarded: &Guarded,
    (callback, arguments): (Bound<'py, PyAny>, Bound<'py, PyTuple>),
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let made = allocate_new(event_loop.py(), kinds, &guarded.class)?;
    // SAFETY: just made, of the type; nobody has seen it yet.
    unsafe { place(guarded.own, made.as_ptr()).write(RLock::new()) };
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    Ok(made)
}

/// Does `body` while this thread holds the handle's lock, if it is of a kind that has one.
#[inline]
pub(super) fn guarding<T>(
    kinds: &Kinds,
    handle: &Bound<'_, PyAny>,
    kind: Kind,
    body: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    match &kinds.guarded {
        Some(guarded) if kind == Kind::Guarded => under_lock(guarded, handle, body),
        _ => body(),
    }
}

fn under_lock<T>(
    guarded: &Guarded,
    handle: &Bound<'_, PyAny>,
    body: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    let py = handle.py();
    // SAFETY: the caller knows that it is a handle of this type. Owned, as others may run.
    let other = unsafe { guarded.lock.get(handle) }.map(Borrowed::to_owned);
    let Some(lock) = other else {
        // SAFETY: as above.
        let own = unsafe { own(guarded, handle) };
        take(py, own, Timeout::None)?;
        let _held = Held(own);
        return body();
    };
    // Made by the class's own `__init__`, in debug mode, or put there by somebody.
    lock.call_method0(intern!(py, "__enter__"))?;
    let outcome = body();
    lock.call_method1(intern!(py, "__exit__"), (py.None(), py.None(), py.None()))?;
    outcome
}

/// The lock in a handle's own memory.
///
/// # Safety
/// The handle is of the guarded type.
unsafe fn own<'a>(guarded: &Guarded, handle: &'a Bound<'_, PyAny>) -> &'a RLock {
    // SAFETY: the type was made with room for a lock there, aligned as asserted above, and whatever
    // makes a handle of it puts one there (`make_guarded`, `alloc_guarded`; the type has no
    // subclasses). It stays as long as the handle, and is changed by its own atomics alone.
    unsafe { &*place(guarded.own, handle.as_ptr()) }
}

/// Where a handle's own lock lies, if it is of the guarded type.
fn place(own: isize, handle: *mut ffi::PyObject) -> *mut RLock {
    handle.wrapping_byte_offset(own).cast()
}

/// Takes a handle's own lock apart, before its memory goes.
///
/// # Safety
/// The handle is of the guarded type, and nobody refers to it.
pub(super) unsafe fn drop_lock(guarded: &Guarded, handle: *mut ffi::PyObject) {
    // SAFETY: a lock is there from the time that the handle was made; whoever waits for it refers to
    // the handle, so nobody does. This runs no Python code.
    unsafe { place(guarded.own, handle).drop_in_place() };
}

/// Memory for a handle that Python code makes, with its lock in it.
pub(super) unsafe extern "C" fn alloc_guarded(
    class: *mut ffi::PyTypeObject,
    items: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter asks for an instance of the type.
    let made = unsafe { ffi::PyType_GenericAlloc(class, items) };
    if !made.is_null() {
        // SAFETY: a live type object.
        let size = unsafe { (*class).tp_basicsize };
        // SAFETY: the lock is what comes last in an instance; nobody has seen this one yet.
        unsafe { place(size - OWN_BYTES.cast_signed(), made).write(RLock::new()) };
    }
    made
}

fn take(py: Python<'_>, lock: &RLock, timeout: Timeout) -> PyResult<bool> {
    let why = Why::holder_of("RLock", lock, lock.owner_cell(), &MADE);
    lock.acquire(timeout.patience(), &mut Interpreter::new(py, timeout, why))
}

/// The lock is given back when this is dropped.
struct Held<'lock>(&'lock RLock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Refused if somebody gave it back in our place: then it is not ours any more.
        let _ = self.0.release();
    }
}

/// The lock of a handle, which is held while its callback runs.
#[pyclass(frozen, name = "RLock", module = "ropewalk")]
pub(super) struct HandleLock {
    handle: Py<PyAny>,
}

#[pymethods]
impl HandleLock {
    /// Take the lock, as `threading.RLock.acquire()` does.
    #[pyo3(
        signature = (blocking=Flag::Known(true), timeout=Given(None)),
        text_signature = "($self, blocking=True, timeout=-1)"
    )]
    fn acquire(
        &self,
        py: Python<'_>,
        blocking: Flag<'_, '_>,
        timeout: Given<'_, '_>,
    ) -> PyResult<bool> {
        let timeout = Timeout::of_lock(blocking, timeout)?;
        take(py, self.lock(py)?, timeout)
    }

    /// Give the lock back once. `RuntimeError` if the current thread does not hold it.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        let given_back = self.lock(py)?.release();
        given_back.map_err(|NotOwner| PyRuntimeError::new_err("cannot release un-acquired lock"))
    }

    /// Return True while somebody holds the lock.
    fn locked(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.lock(py)?.is_held())
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<bool> {
        take(py, self.lock(py)?, Timeout::None)
    }

    #[pyo3(signature = (_kind=None, _error=None, _traceback=None, /))]
    fn __exit__(
        &self,
        py: Python<'_>,
        _kind: Option<&Bound<'_, PyAny>>,
        _error: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.release(py)
    }
}

impl HandleLock {
    fn lock<'a>(&'a self, py: Python<'_>) -> PyResult<&'a RLock> {
        let guarded = learnt()?;
        let handle = self.handle.bind(py);
        // SAFETY: made by `read_lock` alone, for a handle of the type; `self` keeps the handle alive.
        let lock = std::ptr::from_ref(unsafe { own(guarded, handle) });
        // SAFETY: as above: what it points to lives as long as the handle that `self` owns.
        Ok(unsafe { &*lock })
    }
}

/// What `handle._lock` is.
pub(super) fn read_lock<'py>(handle: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = handle.py();
    // SAFETY: the property is that of the type alone.
    let other = unsafe { learnt()?.lock.get(handle) }.map(Borrowed::to_owned);
    if let Some(other) = other {
        return Ok(other);
    }
    let handle = handle.clone().unbind();
    Ok(Bound::new(py, HandleLock { handle })?.into_any())
}

/// Puts another lock in the place of the handle's own, or takes it away.
pub(super) fn put_lock<'py>(
    handle: &Bound<'py, PyAny>,
    lock: Option<Bound<'py, PyAny>>,
) -> PyResult<()> {
    let slot = learnt()?.lock;
    let before = if let Some(lock) = lock {
        // SAFETY: the property is that of the type alone.
        unsafe { slot.replace(handle, lock) }
    } else {
        // SAFETY: as above.
        let before = unsafe { slot.empty(handle.as_ptr()) };
        // SAFETY: the slot owned it, and now we do.
        unsafe { Bound::from_owned_ptr_or_opt(handle.py(), before) }
    };
    drop(before);
    Ok(())
}

fn learnt() -> PyResult<&'static Guarded> {
    let guarded = kinds()?.guarded.as_ref();
    guarded.ok_or_else(|| PyRuntimeError::new_err("handles have no locks here"))
}
