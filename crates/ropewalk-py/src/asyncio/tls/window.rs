//! Memory that the ssl module reads into, and from.
//!
//! Promise: whoever looks through a window keeps its memory alive; a window that somebody kept
//! looking through is not used again.
//!
//! One serves all connections of a thread, so that a connection needs no buffer of its own, and
//! no 256 KiB are asked of the system for each message.

#![expect(unsafe_code, reason = "memory is lent by the protocol for buffers")]

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_reactor::stream::LARGEST_READ;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::slice;

/// Bytes of a window.
pub(super) const SIZE: usize = LARGEST_READ;

/// Memory that begins where a page does, and begins as zeros.
#[repr(align(4096))]
#[derive(Clone, Copy)]
struct Memory {
    _bytes: [u8; SIZE],
}

/// A part of a memory, as a buffer that can be written to.
#[pyclass(frozen, module = "ropewalk._ropewalk.asyncio.tls")]
pub(crate) struct Window {
    memory: Box<UnsafeCell<Memory>>,
    /// The part that is seen. Relaxed, as `views`: they change in the thread that has taken it.
    start: AtomicUsize,
    end: AtomicUsize,
    /// Who looks through it.
    views: AtomicUsize,
}

// SAFETY: the memory is touched by the thread that has taken the window, and through buffers that
// the interpreter's own rules for shared buffers hold for, as for those of a bytearray.
unsafe impl Sync for Window {}

#[pymethods]
impl Window {
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let this = slf.get();
        let start = this.start.load(Ordering::Relaxed);
        let length = this.end.load(Ordering::Relaxed) - start;
        // SAFETY: the part lies within the memory, which the window owns.
        let memory = unsafe { this.memory.get().cast::<u8>().add(start) };
        // A buffer is never as long as half of the address space.
        let length = length.cast_signed();
        // SAFETY: the view is the caller's to be filled, and gets a reference to the window,
        // which keeps the memory in place.
        let failed =
            unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), memory.cast(), length, 0, flags) };
        if failed != 0 {
            return Err(PyErr::fetch(slf.py()));
        }
        this.views.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.views.fetch_sub(1, Ordering::Relaxed);
    }
}

thread_local! {
    /// The window of this thread, while it is not in use.
    static IDLE: Cell<Option<Py<Window>>> = const { Cell::new(None) };
}

impl Window {
    /// A window that nobody else uses.
    pub(super) fn take(py: Python<'_>) -> PyResult<Bound<'_, Self>> {
        if let Ok(Some(window)) = IDLE.try_with(Cell::take) {
            return Ok(window.into_bound(py));
        }
        let mut memory = Box::<UnsafeCell<Memory>>::new_uninit();
        // SAFETY: the box has room for one.
        unsafe { memory.as_mut_ptr().write_bytes(0, 1) };
        // SAFETY: a memory is nothing but bytes, all of which were just written.
        let memory = unsafe { memory.assume_init() };
        let window = Self {
            memory,
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            views: AtomicUsize::new(0),
        };
        Bound::new(py, window)
    }

    /// Gives it back, for the next who takes one.
    pub(super) fn put_back(window: Bound<'_, Self>) {
        if window.get().views.load(Ordering::Relaxed) == 0 {
            // A thread that ends has no more use for it.
            let former = IDLE.try_with(|idle| idle.replace(Some(window.unbind())));
            drop(former);
        }
    }

    /// Lets the next who looks see this part.
    pub(super) fn show(&self, start: usize, end: usize) {
        debug_assert!(start <= end && end <= SIZE);
        self.start.store(start.min(SIZE), Ordering::Relaxed);
        self.end
            .store(end.clamp(start.min(SIZE), SIZE), Ordering::Relaxed);
    }

    /// Fills the memory from its beginning. No Python runs meanwhile.
    pub(super) fn fill<R>(&self, fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> R) -> R {
        let memory = self.memory.get().cast::<MaybeUninit<u8>>();
        // SAFETY: only who has taken the window calls this; nobody looks through it during the
        // call, since views are made and used by Python's calls, of which `fill` makes none.
        fill(unsafe { slice::from_raw_parts_mut(memory, SIZE) })
    }

    /// The first bytes of the memory, looked at without running Python.
    pub(super) fn with_first<R>(&self, length: usize, look: impl FnOnce(&[u8]) -> R) -> R {
        let memory = self.memory.get().cast::<u8>();
        // SAFETY: the memory is that long and was zeroed once; nobody writes to it meanwhile, for
        // the reason that holds for `fill`.
        look(unsafe { slice::from_raw_parts(memory, length.min(SIZE)) })
    }
}
