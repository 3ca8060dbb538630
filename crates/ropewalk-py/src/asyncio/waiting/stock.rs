//! What the running Python's asyncio has.
//!
//! Promise: looked up once, at the first use and not before, because ropewalk may be imported in
//! the middle of `import asyncio`. Whatever a program may put another object in place of is looked
//! up anew each time.

use super::awaiters::Awaiters;
use super::calls::{class_has, dict_of, is_plain_coroutine};
use super::native::{Attribute, Methods, Native};
use super::registry::register_quickly;
use crate::asyncio::loops::LoopCore;
use crate::asyncio::running::running_loop;
use crate::names::{import, intern, once};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyModule, PySet, PyType};
use std::sync::OnceLock;

/// The objects of `_asyncio` and `asyncio` that the waits work with.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "answers to questions that have nothing to do with each other"
)]
pub(super) struct Stock {
    /// `_asyncio.Task`.
    task: Py<PyType>,
    methods: Methods,
    log_destroy_pending: Attribute,
    /// `asyncio.tasks`, where names are looked up that a program may patch.
    tasks: Py<PyModule>,
    /// `asyncio.exceptions.CancelledError`.
    cancelled_error: Py<PyType>,
    /// `asyncio.coroutines._iscoroutine_typecache`: classes found to be of coroutines.
    coroutine_classes: Option<Py<PySet>>,
    /// `asyncio.futures._get_loop`.
    get_loop: Py<PyAny>,
    /// `asyncio.events.get_running_loop`, which raises without one.
    needed_running_loop: Py<PyAny>,
    current: Current,
    /// `BaseEventLoop.create_task`, as it was at the first use.
    create_task: Py<PyAny>,
    /// The same of our own loops, where there are any.
    own_create_task: Option<Py<PyAny>>,
    /// Where futures know who awaits them (from 3.14 on).
    pub(super) awaiters: Option<Awaiters>,
    /// Members of `asyncio.timeouts._State`.
    created: Py<PyAny>,
    entered: Py<PyAny>,
    exited: Py<PyAny>,
    /// Does gather look at once at what is done already (from 3.12 on)?
    pub(super) done_at_once: bool,
    /// Does a group meet at once the end of a task that is done already?
    pub(super) group_meets_done_at_once: bool,
    /// Has a group a method `cancel` (from 3.15 on)?
    pub(super) group_can_be_cancelled: bool,
    /// Does a group hand on whatever keywords it is given, and no others?
    pub(super) group_takes_any_keywords: bool,
    /// Does the end of a group say that nothing is left to be raised (from 3.15 on)?
    pub(super) group_suppresses: bool,
    /// Does a shield retrieve what the inner future raises after the outer one was cancelled?
    pub(super) shield_retrieves: bool,
    /// Do time-outs count the requests to cancel (later patch releases of 3.11 do)?
    pub(super) counts_cancelling: bool,
    /// Does a group tell the loop the name of a new task (from 3.13 on)?
    pub(super) group_gives_name: bool,
    /// Does a group look after its wait whether it has cancelled its parent (from 3.13 on)?
    pub(super) group_looks_at_parent_late: bool,
}

/// Where the current task is found.
#[derive(Debug)]
enum Current {
    /// `_asyncio._current_tasks`, loop to task (3.11).
    Tasks(Py<PyDict>),
    /// `asyncio.tasks.current_task`, or what stands there now (from 3.12 on).
    Asked,
}

/// Whether the running Python's `Timeout` keeps, when it is entered, how many requests to cancel
/// its task there were: patch releases of 3.11 differ.
fn counts_cancelling(py: Python<'_>) -> PyResult<bool> {
    let class = import(py, "asyncio.timeouts")?.getattr("Timeout")?;
    let enter = match class.getattr_opt("_stock_enter")? {
        Some(theirs) => theirs, // of ours, which stands there once installed
        None => class.getattr("__aenter__")?,
    };
    match enter.getattr_opt("__code__")? {
        Some(code) => code.getattr("co_names")?.contains("_cancelling"),
        None => Ok(true),
    }
}

static STOCK: OnceLock<Stock> = OnceLock::new();

impl Stock {
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        once(&STOCK, || Self::look_up(py))
    }

    fn look_up(py: Python<'_>) -> PyResult<Self> {
        let native = import(py, "_asyncio")?;
        let class = |name: &str| -> PyResult<Py<PyType>> {
            Ok(native.getattr(name)?.cast_into::<PyType>()?.unbind())
        };
        register_quickly(py)?;
        let of_tasks = py.import("ropewalk._asyncio._stdlib_tasks")?;
        let of_groups = py.import("ropewalk._asyncio._stdlib_taskgroups")?;
        let (future, task) = (class("Future")?, class("Task")?);
        let states = import(py, "asyncio.timeouts")?.getattr("_State")?;
        Ok(Self {
            methods: Methods::find(future.bind(py), task.bind(py))?,
            log_destroy_pending: Attribute::find(task.bind(py), "_log_destroy_pending")?,
            task,
            tasks: import(py, "asyncio.tasks")?.unbind(),
            cancelled_error: import(py, "asyncio.exceptions")?
                .getattr("CancelledError")?
                .cast_into::<PyType>()?
                .unbind(),
            coroutine_classes: match import(py, "asyncio.coroutines")?
                .getattr_opt("_iscoroutine_typecache")?
            {
                Some(classes) => Some(classes.cast_into::<PySet>()?.unbind()),
                None => None,
            },
            get_loop: import(py, "asyncio.futures")?
                .getattr("_get_loop")?
                .unbind(),
            needed_running_loop: native.getattr("get_running_loop")?.unbind(),
            create_task: import(py, "asyncio.base_events")?
                .getattr("BaseEventLoop")?
                .getattr("create_task")?
                .unbind(),
            own_create_task: py
                .get_type::<LoopCore>()
                .getattr_opt("create_task")?
                .map(Bound::unbind),
            current: if native.hasattr("current_task")? {
                Current::Asked
            } else {
                let tasks = native.getattr("_current_tasks")?;
                Current::Tasks(tasks.cast_into::<PyDict>()?.unbind())
            },
            awaiters: Awaiters::learn(py)?,
            created: states.getattr("CREATED")?.unbind(),
            entered: states.getattr("ENTERED")?.unbind(),
            exited: states.getattr("EXITED")?.unbind(),
            group_meets_done_at_once: of_groups
                .call_method0("group_meets_done_at_once")?
                .is_truthy()?,
            group_can_be_cancelled: import(py, "asyncio.taskgroups")?
                .getattr("TaskGroup")?
                .hasattr("cancel")?,
            group_takes_any_keywords: of_groups
                .call_method0("group_takes_any_keywords")?
                .is_truthy()?,
            group_suppresses: of_groups.call_method0("group_suppresses")?.is_truthy()?,
            shield_retrieves: of_tasks.call_method0("shield_retrieves")?.is_truthy()?,
            done_at_once: of_tasks
                .call_method0("gather_meets_done_at_once")?
                .is_truthy()?,
            counts_cancelling: counts_cancelling(py)?,
            group_gives_name: of_groups.call_method0("group_gives_name")?.is_truthy()?,
            group_looks_at_parent_late: of_groups
                .call_method0("group_looks_at_parent_late")?
                .is_truthy()?,
        })
    }

    pub(super) fn created<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.created.bind(py)
    }

    pub(super) fn entered<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.entered.bind(py)
    }

    pub(super) fn exited<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.exited.bind(py)
    }

    /// Does the loop's `create_task` do no more than to call the class of tasks?
    pub(super) fn makes_plain_tasks(&self, event_loop: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = event_loop.py();
        let name = intern!(py, "create_task");
        let class = event_loop.get_type_ptr();
        let own = self.own_create_task.as_ref();
        if !class_has(class, name, &self.create_task)
            && !own.is_some_and(|method| class_has(class, name, method))
        {
            return Ok(false);
        }
        let (debug, closed) = match LoopCore::of(event_loop) {
            Some(core) => (core.get().debug(), core.get().is_closed()),
            None => (
                event_loop
                    .call_method0(intern!(py, "get_debug"))?
                    .is_truthy()?,
                event_loop
                    .call_method0(intern!(py, "is_closed"))?
                    .is_truthy()?,
            ),
        };
        if debug || closed {
            return Ok(false);
        }
        let own = dict_of(event_loop)?;
        let factory = own.get_item(intern!(py, "_task_factory"))?;
        let task = self.tasks(py).dict().get_item(intern!(py, "Task"))?;
        Ok(factory.is_some_and(|factory| factory.is_none())
            && task.is_some_and(|task| task.is(&self.task))
            && !own.contains(name)?)
    }

    /// Nothing is to be logged if this task is destroyed before its end.
    pub(super) fn forget_if_destroyed(&self, task: &Bound<'_, PyAny>) -> PyResult<()> {
        let no = PyBool::new(task.py(), false);
        self.log_destroy_pending.set(task, no.as_any())
    }

    pub(super) fn task_class<'py>(&self, py: Python<'py>) -> &Bound<'py, PyType> {
        self.task.bind(py)
    }

    /// The loop that this thread runs; `RuntimeError` if none.
    pub(super) fn needed_running_loop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match running_loop(py)? {
            Some(event_loop) => Ok(event_loop),
            None => self.needed_running_loop.bind(py).call0(),
        }
    }

    /// The task that the running loop executes.
    pub(super) fn current_task<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.current {
            Current::Asked => {
                let ask = intern!(py, "current_task");
                let task = self.tasks(py).call_method0(ask)?;
                Ok((!task.is_none()).then_some(task))
            }
            Current::Tasks(_) => self.current_task_of(&self.needed_running_loop(py)?),
        }
    }

    /// The task that `event_loop` executes.
    pub(super) fn current_task_of<'py>(
        &self,
        event_loop: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = event_loop.py();
        match &self.current {
            Current::Asked => {
                let ask = intern!(py, "current_task");
                let task = self.tasks(py).call_method1(ask, (event_loop,))?;
                Ok((!task.is_none()).then_some(task))
            }
            Current::Tasks(tasks) => tasks.bind(py).get_item(event_loop),
        }
    }

    /// The task that `event_loop` executes, where futures know who awaits them.
    pub(super) fn awaiting_task<'py>(
        &self,
        event_loop: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.awaiters.is_none() {
            return Ok(None);
        }
        self.current_task_of(event_loop)
    }

    /// The object, if it is a future or a task of the class itself, so that its methods have no
    /// surprises.
    #[inline]
    pub(super) fn native<'a, 'py>(
        &'static self,
        object: &'a Bound<'py, PyAny>,
    ) -> Option<Native<'a, 'py>> {
        self.methods.of(object)
    }

    /// Is the future done?
    pub(super) fn is_done(&'static self, future: &Bound<'_, PyAny>) -> PyResult<bool> {
        match self.native(future) {
            Some(native) => native.is_done(),
            None => future
                .call_method0(intern!(future.py(), "done"))?
                .is_truthy(),
        }
    }

    /// How many requests to cancel the task there are, where time-outs count them.
    pub(super) fn cancelling<'py>(
        &'static self,
        task: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !self.counts_cancelling {
            return Ok(None);
        }
        match self.native(task) {
            Some(native) => native.cancelling().map(Some),
            None => task
                .call_method0(intern!(task.py(), "cancelling"))
                .map(Some),
        }
    }

    /// Gives a future its result, unless it is done.
    pub(super) fn finish<'py>(
        &'static self,
        future: &Bound<'py, PyAny>,
        result: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        if let Some(native) = self.native(future) {
            return native.finish(result);
        }
        if !self.is_done(future)? {
            future.call_method1(intern!(future.py(), "set_result"), (result,))?;
        }
        Ok(())
    }

    /// Was the future cancelled?
    pub(super) fn is_cancelled(&'static self, future: &Bound<'_, PyAny>) -> PyResult<bool> {
        if let Some(native) = self.native(future) {
            return native.is_cancelled();
        }
        let answer = future.call_method0(intern!(future.py(), "cancelled"))?;
        answer.is_truthy()
    }

    /// What the future raises, or None.
    pub(super) fn exception<'py>(
        &'static self,
        future: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(future) {
            Some(native) => native.exception(),
            None => future.call_method0(intern!(future.py(), "exception")),
        }
    }

    /// Have the loop call when the future is done, in a copy of the present context.
    pub(super) fn call_when_done<'py>(
        &'static self,
        future: &Bound<'py, PyAny>,
        callback: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        if let Some(native) = self.native(future) {
            return native.add_done_callback(callback, None);
        }
        let method = intern!(future.py(), "add_done_callback");
        future.call_method1(method, (callback,)).map(drop)
    }

    /// The future's result, or what it raises.
    pub(super) fn result<'py>(
        &'static self,
        future: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(future) {
            Some(native) => native.result(),
            None => future.call_method0(intern!(future.py(), "result")),
        }
    }

    /// Is it a coroutine for sure? Of some, only the standard library knows.
    pub(super) fn is_coroutine(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        if is_plain_coroutine(object) {
            return Ok(true);
        }
        match &self.coroutine_classes {
            Some(classes) => classes.bind(object.py()).contains(object.get_type()),
            None => Ok(false),
        }
    }

    pub(super) fn tasks<'py>(&self, py: Python<'py>) -> &Bound<'py, PyModule> {
        self.tasks.bind(py)
    }

    pub(super) fn cancelled_error<'py>(&self, py: Python<'py>) -> &Bound<'py, PyType> {
        self.cancelled_error.bind(py)
    }

    /// The loop of a future of any kind.
    pub(super) fn loop_of<'py>(
        &'static self,
        future: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(future) {
            Some(native) => native.get_loop(),
            None => self.get_loop.bind(future.py()).call1((future,)),
        }
    }
}
