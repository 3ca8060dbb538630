//! Dead objects, kept whole for the next ones.
//!
//! Promise: an object in the list is alive to Python, with the list as its only owner: tracked by
//! the collector, empty, of its class. Whoever takes the chain has all of it; two threads at once
//! may lose a chain to the allocator's books, and never share an object. One that somebody
//! has got hold of meanwhile (the collector lists all objects) is not handed out again.

#![expect(unsafe_code, reason = "a chain through dead objects")]

use pyo3::ffi;
use ropewalk_facade::atomic::{AtomicPtr, Ordering};
use std::ptr::null_mut;

/// Enough for the coroutines that a few tasks have at hand at once; each is some 150 bytes.
const MOST: usize = 64;

/// What a dead object has in its spare words.
#[repr(C)]
pub(super) struct Link {
    next: *mut ffi::PyObject,
    /// Objects from here on.
    count: usize,
}

/// Objects of one class.
pub(super) struct FreeList {
    first: AtomicPtr<ffi::PyObject>,
    /// Where an object of the class has room for a link while it is dead.
    place: usize,
}

impl FreeList {
    /// A list of objects that have two spare words at `place`, for a [`Link`].
    pub(super) const fn new(place: usize) -> Self {
        Self {
            first: AtomicPtr::new(null_mut()),
            place,
        }
    }

    fn link(&self, object: *mut ffi::PyObject) -> *mut Link {
        object.wrapping_byte_add(self.place).cast()
    }

    /// A dead object, as a new reference, and tracked; null when there is none.
    #[inline]
    pub(super) fn take(&self) -> *mut ffi::PyObject {
        // sync: free-list, Acquire pairs with the Release in `give`.
        let object = self.first.swap(null_mut(), Ordering::Acquire);
        if object.is_null() {
            return object;
        }
        // SAFETY: `give` filled the link, and the object is this thread's by the swap.
        let next = unsafe { (*self.link(object)).next };
        // sync: free-list, Release pairs with the Acquire of whoever takes next.
        self.first.store(next, Ordering::Release);
        // SAFETY: the list's reference keeps it alive.
        if unsafe { ffi::Py_REFCNT(object) } == 1 {
            return object;
        }
        // SAFETY: the reference was the list's.
        unsafe { ffi::Py_DECREF(object) };
        null_mut()
    }

    /// Keeps a dying object; false when there are enough, or none may be kept.
    ///
    /// # Safety
    ///
    /// The object is of this list's class, tracked, without references and holds nothing; its
    /// spare words are the caller's alone. Its finalizer never ran.
    #[inline]
    pub(super) unsafe fn give(&self, object: *mut ffi::PyObject) -> bool {
        // Without the GIL the allocator keeps an owner in each object's head.
        if cfg!(Py_GIL_DISABLED) {
            return false;
        }
        // sync: free-list, Acquire pairs with the Release below.
        let next = self.first.swap(null_mut(), Ordering::Acquire);
        let count = if next.is_null() {
            0
        } else {
            // SAFETY: an earlier call filled the link, and the chain is this thread's now.
            unsafe { (*self.link(next)).count }
        };
        if count >= MOST {
            // sync: free-list, Release pairs with the Acquire in `take`.
            self.first.store(next, Ordering::Release);
            return false;
        }
        let link = Link {
            next,
            count: count + 1,
        };
        // SAFETY: the caller's spare words.
        unsafe { self.link(object).write(link) };
        // SAFETY: it is whole and has no reference, so this one is the only one.
        unsafe { ffi::Py_INCREF(object) };
        // sync: free-list, Release pairs with the Acquire in `take`.
        self.first.store(object, Ordering::Release);
        true
    }
}
