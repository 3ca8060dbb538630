//! The slots of asyncio's handles, reached where they lie in memory.
//!
//! Promise: whatever Python code reads from or writes to a slot is what is read and written here;
//! an object that was in a slot is dropped only after the slot has its new value.

#![expect(unsafe_code, reason = "slots of Python classes at their offsets")]

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{Borrowed, ffi};

/// One slot of a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(isize);

impl Slot {
    /// The slot called `name` of a class that was written with `__slots__`.
    pub(super) fn find(class: &Bound<'_, PyType>, name: &str) -> PyResult<Self> {
        let member = class.getattr("__dict__")?.get_item(name)?;
        if member.get_type().name()? != "member_descriptor" {
            return Err(PyTypeError::new_err(format!("{class}.{name} is no slot")));
        }
        let member = member.as_ptr().cast::<ffi::PyMemberDescrObject>();
        // SAFETY: its type is `member_descriptor`, so this is its layout; the definition that it
        // points to lives as long as the class.
        let definition = unsafe { (*member).d_member };
        // SAFETY: as above.
        Ok(Self(unsafe { (*definition).offset }))
    }

    fn place(self, object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
        // SAFETY: see `find`: every instance of the class has this member at this offset, and
        // whoever calls has checked that the object is an instance.
        unsafe { object.byte_offset(self.0) }.cast()
    }

    /// What is in the slot; None if nothing was ever put there.
    ///
    /// # Safety
    /// The object is an instance of the class in which the slot was found.
    #[inline]
    pub(super) unsafe fn get<'a, 'py>(
        self,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<Borrowed<'a, 'py, PyAny>> {
        // SAFETY: the caller vouches for the object.
        let value = unsafe { *self.place(object.as_ptr()) };
        // SAFETY: what a slot holds is an object or null. The borrow is short: whoever runs Python
        // code before its last use has to own what it got.
        unsafe { Borrowed::from_ptr_or_opt(object.py(), value) }
    }

    /// Puts a value in the slot and gives back what was there.
    ///
    /// # Safety
    /// As for `get`.
    #[inline]
    pub(super) unsafe fn replace<'py>(
        self,
        object: &Bound<'py, PyAny>,
        value: Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        let place = self.place(object.as_ptr());
        // SAFETY: the caller vouches for the object.
        let before = unsafe { place.replace(value.into_ptr()) };
        // SAFETY: the slot owned it, and now we do.
        unsafe { Bound::from_owned_ptr_or_opt(object.py(), before) }
    }

    /// Puts the first value in the slot of an object that is being made.
    ///
    /// # Safety
    /// The object is an instance of the class and its slot is empty.
    #[inline]
    pub(super) unsafe fn fill(self, object: *mut ffi::PyObject, value: *mut ffi::PyObject) {
        // SAFETY: the caller vouches for the object; `value` is a reference that it gives away.
        unsafe { self.place(object).write(value) };
    }

    /// Takes out what is in the slot of an object that is being taken apart.
    ///
    /// # Safety
    /// The object is an instance of the class.
    #[inline]
    pub(super) unsafe fn empty(self, object: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: the caller vouches for the object.
        unsafe { self.place(object).replace(std::ptr::null_mut()) }
    }

    /// What is in the slot, for the garbage collector.
    ///
    /// # Safety
    /// The object is an instance of the class.
    pub(super) unsafe fn peek(self, object: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: the caller vouches for the object.
        unsafe { self.place(object).read() }
    }
}
