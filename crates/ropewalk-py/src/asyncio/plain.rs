//! Whether an object has only the methods that its class of ours gives it.
//!
//! Promise: a method that a subclass overrides, or that is set on one object, is noticed before
//! the engine goes past it; once noticed, that object is left to Python's own methods for good.

use crate::asyncio::streams::set_attribute;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use ropewalk_facade::atomic::{AtomicBool, Ordering};

/// The flag of one object.
#[derive(Debug)]
pub(super) struct Plain {
    // Relaxed: it is set by who sets the method, who is attached to the interpreter as is who asks.
    plain: AtomicBool,
    names: &'static [&'static str],
}

impl Plain {
    /// As the class says in `_plain`. `names`: the methods that the engine goes past.
    pub(super) fn of(class: &Bound<'_, PyType>, names: &'static [&'static str]) -> PyResult<Self> {
        let plain = class.getattr(intern!(class.py(), "_plain"))?.is_truthy()?;
        Ok(Self::new(plain, names))
    }

    pub(super) fn new(plain: bool, names: &'static [&'static str]) -> Self {
        Self {
            plain: AtomicBool::new(plain),
            names,
        }
    }

    #[inline]
    pub(super) fn is(&self) -> bool {
        self.plain.load(Ordering::Relaxed)
    }

    /// Sets or deletes an attribute of `object`, whose flag this is.
    pub(super) fn set(
        &self,
        object: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
        value: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        set_attribute(object, name, value)?;
        let name = name.to_str()?;
        if self.names.contains(&name) || matches!(name, "__class__" | "__dict__") {
            self.plain.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}
