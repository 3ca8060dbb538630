//! Making a future of whatever can be waited for: `ensure_future`.

use super::calls::make;
use super::stock::Stock;
use crate::asyncio::running::running_loop;
use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// The future of `object` on the loop of `maker`, as asyncio's `ensure_future` makes it.
///
/// Without one it is the object's own loop, or the running one, or what the standard library
/// finds.
pub(super) fn ensure_future<'py>(
    stock: &'static Stock,
    object: &Bound<'py, PyAny>,
    maker: Option<&Maker<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    if stock.native(object).is_some() {
        if let Some(maker) = maker {
            check_loop(stock, object, &maker.event_loop)?;
        }
        return Ok(object.clone());
    }
    if stock.is_coroutine(object)? {
        if let Some(maker) = maker {
            return maker.create_or_close(object);
        }
        if let Some(running) = running_loop(py)? {
            return Maker::of(stock, &running)?.create_or_close(object);
        }
    }
    let tasks = stock.tasks(py);
    let ensure = match tasks.getattr_opt(intern!(py, "_ensure_future"))? {
        Some(ensure) => ensure,
        None => tasks.getattr(intern!(py, "ensure_future"))?,
    };
    let named = PyDict::new(py);
    named.set_item(intern!(py, "loop"), maker.map(|maker| &maker.event_loop))?;
    ensure.call((object,), Some(&named))
}

/// Refuses a future of another loop.
pub(super) fn check_loop(
    stock: &'static Stock,
    future: &Bound<'_, PyAny>,
    event_loop: &Bound<'_, PyAny>,
) -> PyResult<()> {
    if stock.loop_of(future)?.is(event_loop) {
        return Ok(());
    }
    Err(PyValueError::new_err(
        "The future belongs to a different loop than the one specified as the loop argument",
    ))
}

/// The arguments of a call that is given nothing by name but the loop.
pub(super) fn keyword_of<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = event_loop.py();
    let named = PyDict::new(py);
    named.set_item(intern!(py, "loop"), event_loop)?;
    Ok(named)
}

/// Makes the tasks of one loop.
///
/// For as long as no Python code runs in between that could give the loop other ways.
pub(super) struct Maker<'py> {
    event_loop: Bound<'py, PyAny>,
    /// The class and the arguments with names, if to call it is all that the loop does.
    plainly: Option<(&'py Bound<'py, PyType>, Bound<'py, PyDict>)>,
}

impl<'py> Maker<'py> {
    pub(super) fn of(stock: &'static Stock, event_loop: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = event_loop.py();
        let plainly = if stock.makes_plain_tasks(event_loop)? {
            Some((stock.task_class(py), keyword_of(event_loop)?))
        } else {
            None
        };
        Ok(Self {
            event_loop: event_loop.clone(),
            plainly,
        })
    }

    pub(super) fn event_loop(&self) -> &Bound<'py, PyAny> {
        &self.event_loop
    }

    /// Are they asyncio's own, and never begun at once?
    pub(super) fn is_plain(&self) -> bool {
        self.plainly.is_some()
    }

    /// `loop.create_task(coroutine)`.
    pub(super) fn create(&self, coroutine: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some((class, named)) = &self.plainly {
            return make(class, coroutine, named);
        }
        let method = intern!(coroutine.py(), "create_task");
        self.event_loop.call_method1(method, (coroutine,))
    }

    /// The same for `ensure_future`, which closes a coroutine that the loop does not take.
    pub(super) fn create_or_close(
        &self,
        coroutine: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let made = self.create(coroutine).made(coroutine.py());
        if let Err(error) = &made
            && error.is_instance_of::<PyRuntimeError>(coroutine.py())
        {
            coroutine.call_method0(intern!(coroutine.py(), "close"))?;
        }
        made
    }
}
