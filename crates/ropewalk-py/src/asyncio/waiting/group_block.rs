//! The two ends of a group's block.
//!
//! Promise: a group that is entered as usual, and whose tasks all end well, takes no Python frame.
//! From an error or a cancellation on the standard library's own method does the rest.

use super::group::TaskGroup;
use super::stock::Stock;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, begin};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::PyBool;

/// `__aenter__`.
pub(super) struct Enter(Py<TaskGroup>);

impl Enter {
    pub(super) fn new(group: Py<TaskGroup>) -> Self {
        Self(group)
    }
}

impl Work for Enter {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.taskgroups",
        qualname: "TaskGroup.__aenter__",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let group = self.0.bind(py);
        let (entered, known) = group.get().beginning(py);
        if !entered {
            let stock = Stock::get(py)?;
            let event_loop = match known {
                Some(event_loop) => event_loop,
                None => stock.needed_running_loop(py)?,
            };
            if let Some(task) = stock.current_task_of(&event_loop)? {
                group.get().enter(event_loop, task);
                if group.get().is_cancelled_on_enter() {
                    group.call_method0(intern!(py, "cancel"))?;
                }
                return Ok(Step::Return(group.clone().into_any().unbind()));
            }
        }
        let stock = group.call_method0(intern!(py, "_stock_enter"))?;
        Ok(Step::Wait(stock.unbind()))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.0)
    }
}

/// What a block ended with: class, exception and traceback.
type Raised = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// `__aexit__`.
pub(super) struct Exit {
    group: Py<TaskGroup>,
    raised: Raised,
    /// It waits for the tasks by itself; else the standard library does.
    waits: bool,
}

impl Exit {
    pub(super) fn new(group: Py<TaskGroup>, raised: Raised) -> Self {
        Self {
            group,
            raised,
            waits: false,
        }
    }

    /// Waits as long as there are tasks and all is well; then, or else, ends the group.
    fn go_on(&mut self, py: Python<'_>) -> PyResult<Step> {
        let group = self.group.bind(py);
        if let Some(end) = TaskGroup::wait_for_tasks(group)? {
            self.waits = true;
            return Ok(Step::Wait(end.unbind()));
        }
        if group.get().ended_well(py) {
            group.get().leave();
            let suppresses = Stock::get(py)?.group_suppresses;
            return Ok(Step::Return(if suppresses {
                PyBool::new(py, true).to_owned().into_any().unbind()
            } else {
                py.None()
            }));
        }
        self.hand_on(py)
    }

    /// The standard library's method does the rest.
    fn hand_on(&mut self, py: Python<'_>) -> PyResult<Step> {
        let group = self.group.bind(py);
        let (et, exc, tb) = &self.raised;
        let stock = group.call_method1(intern!(py, "_stock_exit"), (et, exc, tb))?;
        if !self.waits || Stock::get(py)?.group_looks_at_parent_late {
            self.waits = false;
            return Ok(Step::Wait(stock.unbind()));
        }
        // Up to Python 3.12 it looks at the beginning whether the group has cancelled its parent.
        // Now is later than that: its own wait would have seen nothing of it.
        self.waits = false;
        group.get().hiding_cancellation(|| begin(stock))
    }
}

impl Work for Exit {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.taskgroups",
        qualname: "TaskGroup.__aexit__",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        if self.raised.0.is_none(py) {
            self.go_on(py)
        } else {
            self.hand_on(py)
        }
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if !self.waits {
            self.group.bind(py).get().forget();
            return outcome.map(Step::Return);
        }
        let group = self.group.bind(py).get();
        match outcome {
            Ok(_) => {
                group.set_on_completed_fut(None);
                self.go_on(py)
            }
            Err(error) => {
                let class = Stock::get(py)?.cancelled_error(py);
                if !error.is_instance(py, class) {
                    return Err(error);
                }
                group.set_on_completed_fut(None);
                if !group.is_aborting() || Stock::get(py)?.group_can_be_cancelled {
                    // As if the cancellation had come while the block was still running.
                    let traceback = error.traceback(py).map(Bound::into_any);
                    self.raised = (
                        class.clone().into_any().unbind(),
                        error.into_value(py).into_any(),
                        traceback.map_or_else(|| py.None(), Bound::unbind),
                    );
                }
                self.hand_on(py)
            }
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.group)?;
        visit.call(&self.raised.0)?;
        visit.call(&self.raised.1)?;
        visit.call(&self.raised.2)
    }
}
