//! Methods of a program's own in place of ours.
//!
//! Promise: a method that a subclass overrides, or that is set on one object, is noticed when the
//! object is made or the attribute is set; whoever takes a short cut past it asks here with one
//! load.

#![expect(
    unsafe_code,
    reason = "attributes are set by the C API's function for it"
)]

use crate::asyncio::awaitable::leads_to;
use pyo3::exceptions::PyAttributeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use ropewalk_facade::atomic::{AtomicU8, AtomicU64, Ordering};

/// Which of a few methods are the program's own: a bit for each, in the order of their names.
///
/// Relaxed throughout: it says what was set before, not what happened beside it.
#[derive(Debug, Default)]
pub(crate) struct OwnMethods(AtomicU8);

/// What was found out last about a class, and which it was: the interpreter gives each state of
/// each class a number, and zero to one that was changed since anybody looked.
#[derive(Debug)]
pub(crate) struct Known(AtomicU64);

impl Known {
    pub(crate) const fn nothing() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The bits that `find` finds, which is asked only when the class is another one, or was
    /// changed, since it was asked last.
    pub(crate) fn bits_of(
        &self,
        class: &Bound<'_, PyType>,
        find: impl FnOnce() -> PyResult<u8>,
    ) -> PyResult<u8> {
        let (version, bits) = self.read();
        if version != 0 && version == version_of(class) {
            return Ok(bits);
        }
        let bits = find()?;
        self.write(version_of(class), bits);
        Ok(bits)
    }

    /// The class's number and its bits. Relaxed: they are one word.
    fn read(&self) -> (u32, u8) {
        let [bits, _, _, _, number @ ..] = self.0.load(Ordering::Relaxed).to_le_bytes();
        (u32::from_le_bytes(number), bits)
    }

    fn write(&self, number: u32, bits: u8) {
        let word = u64::from(number) << 32 | u64::from(bits);
        self.0.store(word, Ordering::Relaxed);
    }
}

/// The number of a class as it is now; zero if it has none.
fn version_of(class: &Bound<'_, PyType>) -> u32 {
    // SAFETY: a live type, which is read while this thread is attached.
    unsafe { (*class.as_type_ptr()).tp_version_tag }
}

impl OwnMethods {
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Whether the one at this place among the names is.
    #[inline]
    pub(crate) fn has(&self, place: usize) -> bool {
        self.0.load(Ordering::Relaxed) & 1 << place != 0
    }

    fn note(&self, place: usize) {
        self.0.fetch_or(1 << place, Ordering::Relaxed);
    }

    /// The same as `note_class`, which is asked only when the class is another one, or was changed,
    /// since it was asked last for this `known`.
    pub(crate) fn note_known_class(
        &self,
        known: &Known,
        class: &Bound<'_, PyType>,
        plain: &Bound<'_, PyAny>,
        names: &[&str],
    ) -> PyResult<()> {
        let bits = known.bits_of(class, || {
            let found = Self::default();
            found.note_class(class, plain, names, 0)?;
            Ok(found.0.into_inner())
        })?;
        if bits != 0 {
            self.0.fetch_or(bits, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Notes what this class has instead of what `plain`, a base of it, has: of the names from
    /// that place on.
    pub(crate) fn note_class(
        &self,
        class: &Bound<'_, PyType>,
        plain: &Bound<'_, PyAny>,
        names: &[&str],
        from: usize,
    ) -> PyResult<()> {
        for (place, name) in names.iter().enumerate().skip(from) {
            if !leads_to(&class.getattr(*name)?, &plain.getattr(*name)?) {
                self.note(place);
            }
        }
        Ok(())
    }

    /// Sets an attribute of `object` (with `None`, deletes it), and notes it.
    pub(crate) fn set(
        &self,
        object: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
        value: Option<&Bound<'_, PyAny>>,
        names: &[&str],
    ) -> PyResult<()> {
        set_plainly(object, name, value)?;
        let name = name.to_str()?;
        if let Some(place) = names.iter().position(|one| *one == name) {
            self.note(place);
        }
        Ok(())
    }
}

/// Sets an attribute of `object` (with `None`, deletes it) as `object.__setattr__` does.
pub(crate) fn set_plainly(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: this thread is attached, as the handles show; the first two are live objects,
    // the second is a string, and the third is live or null, which stands for deletion.
    let outcome = unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value) };
    if outcome != 0 {
        return Err(
            PyErr::take(object.py()).unwrap_or_else(|| PyAttributeError::new_err(name.to_string()))
        );
    }
    Ok(())
}
