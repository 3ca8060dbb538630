//! The way past a transport's Python methods, for a caller that holds the transport.
//!
//! Promise: it is taken only where it comes to the same: the transport's class is exactly ours, its
//! methods are found where we put them, and none was set on the transport itself. All of that is
//! asked at each call.

use super::core::StreamCore;
use super::writing;
use crate::asyncio::streams::{Watched, set_attribute};
use crate::names::{intern, once};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use ropewalk_facade::atomic::Ordering;
use std::sync::OnceLock;

/// The methods that callers take the short way to.
const METHODS: &[&str] = &["write", "is_closing"];

/// The transports' class, as programs see it.
static TRANSPORTS: OnceLock<Watched> = OnceLock::new();

/// Say which class has its `write` and `is_closing` in the core. The first call counts.
#[pyfunction]
pub(crate) fn use_class(py: Python<'_>, class: Py<PyType>) -> PyResult<()> {
    once(&TRANSPORTS, || Watched::new(py, class, METHODS)).map(drop)
}

/// Notices what is set on a transport; a base of those with a core.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.transports")]
pub(crate) struct Noticing;

#[pymethods]
impl Noticing {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        set_attribute(slf, name, Some(value))?;
        notice(slf, name)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        set_attribute(slf, name, None)?;
        notice(slf, name)
    }
}

fn notice(transport: &Bound<'_, Noticing>, name: &Bound<'_, PyString>) -> PyResult<()> {
    let name = name.to_str()?;
    if METHODS.contains(&name) || matches!(name, "_core" | "__class__" | "__dict__") {
        let core = transport.getattr_opt(intern!(transport.py(), "_core"))?;
        if let Some(core) = core
            .as_ref()
            .and_then(|core| core.cast::<StreamCore>().ok())
        {
            core.get().changed.store(true, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn is_ours(transport: &Bound<'_, PyAny>) -> PyResult<bool> {
    match TRANSPORTS.get() {
        Some(ours) => ours.is_class_of(transport),
        None => Ok(false),
    }
}

/// The core of a transport that may be asked past it.
pub(crate) struct Direct(Py<StreamCore>);

impl Direct {
    /// Of a transport of exactly our class.
    pub(crate) fn of(transport: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        if !is_ours(transport)? {
            return Ok(None);
        }
        let core = transport.getattr(intern!(transport.py(), "_core"))?;
        Ok(core.cast_into().ok().map(|core| Self(core.unbind())))
    }

    /// The core, if the short way still comes to the same. Runs no Python code; None also if
    /// that was not looked into, see `look`.
    #[inline]
    pub(crate) fn core<'a, 'py>(
        &'a self,
        transport: &Bound<'py, PyAny>,
    ) -> Option<&'a Bound<'py, StreamCore>> {
        let core = self.0.bind(transport.py());
        let kept = !core.get().changed.load(Ordering::Relaxed)
            && TRANSPORTS.get()?.is_known_class_of(transport);
        kept.then_some(core)
    }

    /// Looks into the class again. Whether `core` may be asked again.
    #[cold]
    pub(crate) fn look(transport: &Bound<'_, PyAny>) -> bool {
        is_ours(transport).unwrap_or(false)
    }

    /// The object that keeps the core alive, for the collector of cycles.
    pub(crate) fn object(&self) -> &Py<StreamCore> {
        &self.0
    }
}

impl StreamCore {
    /// `transport.write(data)`.
    #[inline]
    pub(crate) fn write_directly(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        writing::write(self, data)
    }

    /// `transport.is_closing()`.
    #[inline]
    pub(crate) fn is_closing_directly(&self) -> bool {
        self.is_closing()
    }
}
