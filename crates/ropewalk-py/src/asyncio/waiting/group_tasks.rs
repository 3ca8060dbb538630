//! A task of a `TaskGroup`: how it is made, and how the group meets its end.
//!
//! Promise: no look-up and no Python frame per task, unless the loop, the task or a subclass of the
//! group has ways of its own.

use super::awaiters::Awaiter;
use super::callback::{Callback, callback};
use super::calls::{CONTEXT, NAME, NAME_AND_CONTEXT, call_method, class_has, copy_context};
use super::children::keyword_of;
use super::group::TaskGroup;
use super::stock::Stock;
use crate::names::{intern, once};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PySet};
use std::ffi::CStr;
use std::sync::OnceLock;

impl Callback for TaskGroup {
    type Of = Self;

    const CALLED: &'static CStr = c"_on_task_done";

    fn called<'py>(this: &Bound<'py, Self>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let task = ended.ok_or_else(|| PyTypeError::new_err("a task is needed"))?;
        Self::ended(this, &task)
    }
}

impl TaskGroup {
    /// A task has ended.
    pub(super) fn ended(slf: &Bound<'_, Self>, task: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let stock = Stock::get(py)?;
        let well = match stock.native(task) {
            Some(native) => !native.is_cancelled()? && native.exception()?.is_none(),
            None => {
                !task.call_method0(intern!(py, "cancelled"))?.is_truthy()?
                    && task.call_method0(intern!(py, "exception"))?.is_none()
            }
        };
        if !well {
            let method = intern!(py, "_stock_on_task_done");
            return slf.call_method1(method, (task,)).map(drop);
        }
        let (tasks, on_completed) = {
            let fields = slf.get().fields.lock();
            (
                fields.tasks.as_ref().map(|tasks| tasks.bind(py).clone()),
                fields.on_completed.as_ref().map(|end| end.bind(py).clone()),
            )
        };
        let Some(tasks) = tasks else { return Ok(()) };
        tasks.discard(task)?;
        let parent = slf.get().parent(py);
        Awaiter::of(stock, parent.as_ref()).discard_from(stock, task)?;
        match on_completed {
            Some(end) if tasks.is_empty() => stock.finish(&end, PyBool::new(py, true).as_any()),
            _ => Ok(()),
        }
    }

    /// What a task calls when it ends: one for all tasks, unless a subclass has its own. The engine's
    /// own does nothing that depends on the context.
    pub(super) fn callback<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Option<Bound<'py, PyAny>>)> {
        static OWN: OnceLock<Py<PyAny>> = OnceLock::new();
        let py = slf.py();
        let name = intern!(py, "_on_task_done");
        let own = once(&OWN, || {
            py.get_type::<Self>().getattr(name).map(Bound::unbind)
        })?;
        if !class_has(slf.get_type_ptr(), name, own) {
            return Ok((slf.getattr(name)?, None));
        }
        let made = {
            let fields = slf.get().fields.lock();
            let made = fields.callback.as_ref();
            made.map(|(made, context)| (made.bind(py).clone(), context.bind(py).clone()))
        };
        if let Some((made, context)) = made {
            return Ok((made, Some(context)));
        }
        let (made, context) = (callback::<Self>(slf)?, copy_context(py)?);
        let kept = (made.clone().unbind(), context.clone().unbind());
        drop(slf.get().change(|fields| fields.callback.replace(kept)));
        Ok((made, Some(context)))
    }

    /// What a task is made with.
    pub(super) fn named<'py>(
        &self,
        event_loop: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = event_loop.py();
        let found = {
            let fields = self.fields.lock();
            fields.named.as_ref().map(|named| named.bind(py).clone())
        };
        if let Some(named) = found {
            return Ok(named);
        }
        let named = keyword_of(event_loop)?;
        let kept = named.clone().unbind();
        drop(self.change(|fields| fields.named.replace(kept)));
        Ok(named)
    }

    /// What a new task needs, if the group takes any.
    pub(super) fn open<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(Bound<'py, PyAny>, Bound<'py, PySet>)> {
        let fields = self.fields.lock();
        if !fields.entered || fields.aborting {
            return None;
        }
        let tasks = fields.tasks.as_ref()?.bind(py);
        if fields.exiting && tasks.is_empty() {
            return None;
        }
        Some((fields.event_loop.as_ref()?.bind(py).clone(), tasks.clone()))
    }
}

/// A task, made by the loop as the running Python's groups have it made.
pub(super) fn make<'py>(
    stock: &'static Stock,
    event_loop: &Bound<'py, PyAny>,
    coroutine: &Bound<'py, PyAny>,
    name: Option<&Bound<'py, PyAny>>,
    context: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = coroutine.py();
    let method = intern!(py, "create_task");
    if stock.group_takes_any_keywords && name.is_none() {
        return match context {
            None => event_loop.call_method1(method, (coroutine,)),
            Some(context) => call_method(event_loop, method, [coroutine, context], &CONTEXT),
        };
    }
    if stock.group_gives_name {
        let none = py.None().into_bound(py);
        let name = name.unwrap_or(&none);
        return match context {
            None => call_method(event_loop, method, [coroutine, name], &NAME),
            Some(context) => call_method(
                event_loop,
                method,
                [coroutine, name, context],
                &NAME_AND_CONTEXT,
            ),
        };
    }
    let task = match context {
        None => event_loop.call_method1(method, (coroutine,))?,
        Some(context) => call_method(event_loop, method, [coroutine, context], &CONTEXT)?,
    };
    if let Some(name) = name {
        stock
            .tasks(py)
            .call_method1(intern!(py, "_set_task_name"), (&task, name))?;
    }
    Ok(task)
}
