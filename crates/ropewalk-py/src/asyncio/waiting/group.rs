//! The native base of `TaskGroup`.
//!
//! Promise: it is the standard library's class but for what happens once per task: a task is made,
//! a task ends well. Errors, cancellation and the end of the group are the running Python's own
//! methods, on the attributes that are kept here; the Python class above gives those of them that
//! are replaced as `_stock_create_task` and `_stock_on_task_done`.

use super::calls::{CONTEXT, LOOP, NAME, NAME_AND_CONTEXT, call, call_method};
use super::stock::Stock;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// Keeps the tasks of a group.
#[pyclass(frozen, subclass, module = "asyncio.taskgroups")]
#[derive(Debug)]
pub(super) struct TaskGroup {
    fields: ShortLock<Fields>,
}

#[derive(Debug, Default)]
struct Fields {
    entered: bool,
    exiting: bool,
    aborting: bool,
    event_loop: Option<Py<PyAny>>,
    tasks: Option<Py<PySet>>,
    /// What the tasks raised; made when somebody asks.
    errors: Option<Py<PyAny>>,
    /// What the end of the group waits for.
    on_completed: Option<Py<PyAny>>,
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
            named.set_item(intern!(py, "name"), name)?;
            named.set_item(intern!(py, "context"), context)?;
            return slf.as_any().call_method(
                intern!(py, "_stock_create_task"),
                (coro,),
                Some(&named),
            );
        };
        let stock = Stock::get(py)?;
        let task = make(stock, &event_loop, coro, name, context)?;
        if stock.done_at_once && task.call_method0(intern!(py, "done"))?.is_truthy()? {
            slf.call_method1(intern!(py, "_on_task_done"), (&task,))?;
        } else {
            tasks.add(&task)?;
            let callback = slf.getattr(intern!(py, "_on_task_done"))?;
            task.call_method1(intern!(py, "add_done_callback"), (callback,))?;
        }
        Ok(task)
    }

    fn _on_task_done(slf: &Bound<'_, Self>, task: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let well = !task.call_method0(intern!(py, "cancelled"))?.is_truthy()?
            && task.call_method0(intern!(py, "exception"))?.is_none();
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
        match on_completed {
            Some(end) if tasks.is_empty() => {
                if !end.call_method0(intern!(py, "done"))?.is_truthy()? {
                    end.call_method1(intern!(py, "set_result"), (true,))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[pyo3(signature = (et, exc, tb))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        et: Py<PyAny>,
        exc: Py<PyAny>,
        tb: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let work = Exit {
            group: slf.clone().unbind(),
            raised: (et, exc, tb),
        };
        coroutine(slf.py(), work)
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
        drop(self.change(|fields| std::mem::replace(&mut fields.event_loop, value)));
    }

    #[getter]
    fn _on_completed_fut(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let fields = self.fields.lock();
        fields.on_completed.as_ref().map(|end| end.clone_ref(py))
    }

    #[setter(_on_completed_fut)]
    fn set_on_completed_fut(&self, value: Option<Py<PyAny>>) {
        drop(self.change(|fields| std::mem::replace(&mut fields.on_completed, value)));
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
                visit.call(&fields.on_completed)
            }
        }
    }

    fn __clear__(&self) {
        drop(self.change(|fields| {
            (
                fields.event_loop.take(),
                fields.tasks.take(),
                fields.errors.take(),
                fields.on_completed.take(),
            )
        }));
    }
}

impl TaskGroup {
    /// Changes a field and returns what was there, to be dropped when the lock is free again.
    fn change<T>(&self, how: impl FnOnce(&mut Fields) -> T) -> T {
        how(&mut self.fields.lock())
    }

    /// Have all tasks ended, and none with an exception?
    fn ended_well(&self, py: Python<'_>) -> bool {
        let fields = self.fields.lock();
        let no_tasks = fields
            .tasks
            .as_ref()
            .is_some_and(|tasks| tasks.bind(py).is_empty());
        // The list of errors is made when somebody asks for it, to add one most likely.
        no_tasks && fields.errors.is_none() && !fields.aborting
    }

    /// What a new task needs, if the group takes any.
    fn open<'py>(&self, py: Python<'py>) -> Option<(Bound<'py, PyAny>, Bound<'py, PySet>)> {
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

/// `__aexit__`.
struct Exit {
    group: Py<TaskGroup>,
    raised: (Py<PyAny>, Py<PyAny>, Py<PyAny>),
}

impl Work for Exit {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.taskgroups",
        qualname: "TaskGroup.__aexit__",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let group = self.group.bind(py);
        let (et, exc, tb) = &self.raised;
        if et.is_none(py) && group.get().ended_well(py) && !requested(group)? {
            group.get().fields.lock().exiting = true;
            return Ok(Step::Return(py.None()));
        }
        let stock = group.call_method1(intern!(py, "_stock_exit"), (et, exc, tb))?;
        Ok(Step::Wait(stock.unbind()))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.group)?;
        visit.call(&self.raised.0)?;
        visit.call(&self.raised.1)?;
        visit.call(&self.raised.2)
    }
}

/// Has the group cancelled its parent, or has it an error that overrides all others?
fn requested(group: &Bound<'_, TaskGroup>) -> PyResult<bool> {
    let py = group.py();
    let requested = group.getattr(intern!(py, "_parent_cancel_requested"))?;
    Ok(requested.is_truthy()? || !group.getattr(intern!(py, "_base_error"))?.is_none())
}

/// A task, made by the loop as the running Python's groups have it made.
fn make<'py>(
    stock: &'static Stock,
    event_loop: &Bound<'py, PyAny>,
    coroutine: &Bound<'py, PyAny>,
    name: Option<&Bound<'py, PyAny>>,
    context: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = coroutine.py();
    let method = intern!(py, "create_task");
    if name.is_none() && context.is_none() && stock.makes_plain_tasks(event_loop)? {
        return call(stock.task_class(py), [coroutine, event_loop], &LOOP);
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
