//! The native base of `TaskGroup`.
//!
//! Promise: it is the standard library's class but for what happens once per task: a task is made,
//! a task ends well. Errors, cancellation and the end of the group are the running Python's own
//! methods, on the attributes that are kept here; the Python class above gives those of them that
//! are replaced as `_stock_create_task` and `_stock_on_task_done`.

use super::awaiters::Awaiter;
use super::calls::make as call_plainly;
use super::calls::new_future;
use super::group_block::{Enter, Exit};
use super::group_tasks::make;
use super::stock::Stock;
use crate::asyncio::awaitable::coroutine;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// Keeps the tasks of a group.
#[pyclass(frozen, subclass, module = "asyncio.taskgroups")]
#[derive(Debug)]
pub(super) struct TaskGroup {
    pub(super) fields: ShortLock<Fields>,
}

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the standard library's attributes, each by itself"
)]
pub(super) struct Fields {
    pub(super) entered: bool,
    pub(super) exiting: bool,
    pub(super) aborting: bool,
    pub(super) event_loop: Option<Py<PyAny>>,
    pub(super) tasks: Option<Py<PySet>>,
    /// What the tasks raised; made when somebody asks.
    pub(super) errors: Option<Py<PyAny>>,
    /// What the end of the group waits for.
    pub(super) on_completed: Option<Py<PyAny>>,
    pub(super) parent: Option<Py<PyAny>>,
    /// The group has cancelled its parent.
    pub(super) parent_cancelled: bool,
    /// It was cancelled before its block was entered.
    pub(super) cancel_on_enter: bool,
    /// An error that overrides all others.
    pub(super) base_error: Option<Py<PyAny>>,
    /// What a task is made with; gone when the group is.
    pub(super) named: Option<Py<PyDict>>,
    /// What the group's own tasks call in the end, and in which context; gone when the group is.
    pub(super) callback: Option<(Py<PyAny>, Py<PyAny>)>,
}

#[pymethods]
impl TaskGroup {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "()")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyAny>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self {
            fields: ShortLock::new(Fields {
                tasks: Some(PySet::empty(py)?.unbind()),
                ..Fields::default()
            }),
        })
    }

    #[expect(clippy::unused_self, reason = "a slot of Python's")]
    fn __init__(&self) {}

    /// Create a new task in this group and return it.
    ///
    /// Similar to `asyncio.create_task`.
    #[pyo3(signature = (coro, *, name=None, context=None, **kwargs))]
    #[pyo3(text_signature = "($self, coro, *, name=None, context=None)")]
    fn create_task<'py>(
        slf: &Bound<'py, Self>,
        coro: &Bound<'py, PyAny>,
        name: Option<&Bound<'py, PyAny>>,
        context: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let open = if kwargs.is_none() {
            slf.get().open(py)
        } else {
            None
        };
        let Some((event_loop, tasks)) = open else {
            let named = kwargs.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
            let all = !Stock::get(py)?.group_takes_any_keywords;
            if all || name.is_some() {
                named.set_item(intern!(py, "name"), name)?;
            }
            if all || context.is_some() {
                named.set_item(intern!(py, "context"), context)?;
            }
            return slf.as_any().call_method(
                intern!(py, "_stock_create_task"),
                (coro,),
                Some(&named),
            );
        };
        let stock = Stock::get(py)?;
        let is_plain =
            name.is_none() && context.is_none() && stock.makes_plain_tasks(&event_loop)?;
        let task = if is_plain {
            let named = slf.get().named(&event_loop)?;
            call_plainly(stock.task_class(py), coro, &named)?
        } else {
            make(stock, &event_loop, coro, name, context)?
        };
        let native = stock.native(&task);
        let parent = slf.get().parent(py);
        Awaiter::of(stock, parent.as_ref()).add_to(stock, &task)?;
        if stock.group_meets_done_at_once && stock.is_done(&task)? {
            slf.call_method1(intern!(py, "_on_task_done"), (&task,))?;
            return Ok(task);
        }
        tasks.add(&task)?;
        if stock.group_can_be_cancelled && slf.get().is_aborting() && !stock.is_done(&task)? {
            // It began at once, and has cancelled the group that it was not in yet.
            task.call_method0(intern!(py, "cancel"))?;
        }
        let (callback, context) = Self::callback(slf)?;
        match native {
            Some(native) => native.add_done_callback(&callback, context.as_ref())?,
            None => {
                task.call_method1(intern!(py, "add_done_callback"), (callback,))?;
            }
        }
        Ok(task)
    }

    fn _on_task_done(slf: &Bound<'_, Self>, task: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::ended(slf, task)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Enter::new(slf.clone().unbind()))
    }

    #[pyo3(signature = (et, exc, tb))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        et: Py<PyAny>,
        exc: Py<PyAny>,
        tb: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Exit::new(slf.clone().unbind(), (et, exc, tb)))
    }

    #[getter]
    fn _entered(&self) -> bool {
        self.fields.lock().entered
    }

    #[setter(_entered)]
    fn set_entered(&self, value: bool) {
        self.fields.lock().entered = value;
    }

    #[getter]
    fn _exiting(&self) -> bool {
        self.fields.lock().exiting
    }

    #[setter(_exiting)]
    fn set_exiting(&self, value: bool) {
        self.fields.lock().exiting = value;
    }

    #[getter]
    fn _aborting(&self) -> bool {
        self.fields.lock().aborting
    }

    #[setter(_aborting)]
    fn set_aborting(&self, value: bool) {
        self.fields.lock().aborting = value;
    }

    #[getter]
    fn _loop(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.event_loop.as_ref().map(|found| found.clone_ref(py))
    }

    #[setter(_loop)]
    fn set_loop(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| {
            let event_loop = std::mem::replace(&mut fields.event_loop, value);
            (event_loop, fields.named.take())
        }));
    }

    #[getter]
    fn _on_completed_fut(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.on_completed.as_ref().map(|end| end.clone_ref(py))
    }

    #[setter(_on_completed_fut)]
    pub(super) fn set_on_completed_fut(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.on_completed, value)));
    }

    #[getter]
    fn _parent_task(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.parent.as_ref().map(|parent| parent.clone_ref(py))
    }

    #[setter(_parent_task)]
    fn set_parent_task(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.parent, value)));
    }

    #[getter]
    fn _parent_cancel_requested(&self) -> bool {
        self.fields.lock().parent_cancelled
    }

    #[setter(_parent_cancel_requested)]
    fn set_parent_cancel_requested(&self, value: bool) {
        self.fields.lock().parent_cancelled = value;
    }

    #[getter]
    fn _cancel_on_enter(&self) -> bool {
        self.fields.lock().cancel_on_enter
    }

    #[setter(_cancel_on_enter)]
    fn set_cancel_on_enter(&self, value: bool) {
        self.fields.lock().cancel_on_enter = value;
    }

    #[getter]
    fn _base_error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.base_error.as_ref().map(|error| error.clone_ref(py))
    }

    #[setter(_base_error)]
    fn set_base_error(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.base_error, value)));
    }

    #[getter]
    fn _tasks(&self, py: Python<'_>) -> Option<Py<PySet>> {
        let fields = self.fields.lock();
        fields.tasks.as_ref().map(|tasks| tasks.clone_ref(py))
    }

    #[setter(_tasks)]
    fn set_tasks(&self, value: Py<PySet>) {
        drop(self.change(|fields| fields.tasks.replace(value)));
    }

    #[getter]
    fn _errors(&self, py: Python<'_>) -> Py<PyAny> {
        let fresh = PyList::empty(py).into_any().unbind();
        let mut fields = self.fields.lock();
        let errors = fields.errors.get_or_insert(fresh);
        errors.clone_ref(py)
    }

    #[setter(_errors)]
    fn set_errors(&self, value: Py<PyAny>) {
        drop(self.change(|fields| fields.errors.replace(value)));
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.fields.try_lock() {
            None => Ok(()),
            Some(fields) => {
                visit.call(&fields.event_loop)?;
                visit.call(&fields.tasks)?;
                visit.call(&fields.errors)?;
                visit.call(&fields.parent)?;
                visit.call(&fields.base_error)?;
                visit.call(&fields.named)?;
                if let Some((callback, context)) = &fields.callback {
                    visit.call(callback)?;
                    visit.call(context)?;
                }
                visit.call(&fields.on_completed)
            }
        }
    }

    fn __clear__(&self) {
        drop(self.change(std::mem::take));
    }
}

impl TaskGroup {
    /// Changes a field and returns what was there, to be dropped when the lock is free again.
    pub(super) fn change<T>(&self, how: impl FnOnce(&mut Fields) -> T) -> T {
        how(&mut self.fields.lock())
    }

    /// The task whose block this is.
    pub(super) fn parent<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let fields = self.fields.lock();
        fields.parent.as_ref().map(|parent| parent.bind(py).clone())
    }

    /// The group is over: it makes no tasks any more, and none of it ends.
    pub(super) fn forget(&self) {
        drop(self.change(|fields| (fields.callback.take(), fields.named.take())));
    }

    /// Was it cancelled before its block was entered?
    pub(super) fn is_cancelled_on_enter(&self) -> bool {
        self.fields.lock().cancel_on_enter
    }

    /// Is the block entered, and which loop is known so far?
    pub(super) fn beginning<'py>(&self, py: Python<'py>) -> (bool, Option<Bound<'py, PyAny>>) {
        let fields = self.fields.lock();
        let known = fields.event_loop.as_ref();
        (fields.entered, known.map(|found| found.bind(py).clone()))
    }

    /// The block is entered, by a task of a loop.
    pub(super) fn enter(&self, event_loop: Bound<'_, PyAny>, parent: Bound<'_, PyAny>) {
        let before = self.change(|fields| {
            fields.entered = true;
            let event_loop = fields.event_loop.replace(event_loop.unbind());
            (event_loop, fields.parent.replace(parent.unbind()))
        });
        drop(before);
    }

    /// The block is left, and all has gone well.
    pub(super) fn leave(&self) {
        self.fields.lock().exiting = true;
        self.forget();
    }

    /// Does `how` while nobody sees that the group has cancelled its parent.
    pub(super) fn hiding_cancellation<T>(&self, how: impl FnOnce() -> T) -> T {
        let hidden = self.change(|fields| std::mem::take(&mut fields.parent_cancelled));
        let result = how();
        self.fields.lock().parent_cancelled = hidden;
        result
    }

    /// Are the tasks being cancelled?
    pub(super) fn is_aborting(&self) -> bool {
        self.fields.lock().aborting
    }

    /// Have all tasks ended, and none with an exception?
    pub(super) fn ended_well(&self, py: Python<'_>) -> bool {
        let fields = self.fields.lock();
        let no_tasks = fields
            .tasks
            .as_ref()
            .is_some_and(|tasks| tasks.bind(py).is_empty());
        // The list of errors is made when somebody asks for it, to add one most likely.
        no_tasks
            && fields.errors.is_none()
            && !fields.aborting
            && !fields.parent_cancelled
            && fields.base_error.is_none()
    }

    /// What the end of the group has to wait for, if nothing has gone wrong.
    pub(super) fn wait_for_tasks<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let event_loop = {
            let mut fields = slf.get().fields.lock();
            let is_plain = !fields.aborting
                && !fields.parent_cancelled
                && fields.base_error.is_none()
                && fields.on_completed.is_none();
            let tasks = fields.tasks.as_ref().map(|tasks| tasks.bind(py));
            if !is_plain || tasks.is_none_or(PySetMethods::is_empty) {
                return Ok(None);
            }
            fields.exiting = true;
            fields
                .event_loop
                .as_ref()
                .map(|found| found.bind(py).clone())
        };
        let Some(event_loop) = event_loop else {
            return Ok(None);
        };
        let end = new_future(&event_loop)?;
        slf.get().set_on_completed_fut(Some(end.clone().unbind()));
        Ok(Some(end))
    }
}
