//! The three disciplines behind one type, with Python objects as items.
//! Promise: a Python comparison runs like any other Python code: no lock is held.

use crate::error::Refusal;
use crate::wait::Interpreter;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::Patience;
use ropewalk_queue::{Contents, Core, Fifo, Heap, Lifo, Order, TooManyTasksDone};

/// An item of a queue.
pub(crate) type Item = Py<PyAny>;

/// The order of Python's `<`.
#[derive(Debug)]
pub(crate) struct PythonOrder;

impl Order<Item> for PythonOrder {
    type Failure = PyErr;

    fn before(a: &Item, b: &Item) -> PyResult<bool> {
        // Called from a method of a Python class, so this thread is attached and this is cheap.
        Python::try_attach(|py| a.bind(py).lt(b.bind(py))).unwrap_or(Ok(false))
    }

    fn lost(failure: PyErr) {
        Python::try_attach(|py| failure.write_unraisable(py, None));
    }
}

/// A queue of Python objects.
#[derive(Debug)]
pub(crate) enum Engine {
    Fifo(Core<Fifo<Item>>),
    Lifo(Core<Lifo<Item>>),
    Priority(Core<Heap<Item, PythonOrder>>),
}

/// Does the same for whichever discipline the engine has.
macro_rules! with_core {
    ($engine:expr, $core:ident => $action:expr) => {
        match $engine {
            Engine::Fifo($core) => $action,
            Engine::Lifo($core) => $action,
            Engine::Priority($core) => $action,
        }
    };
}

impl Engine {
    /// The number of the discipline of this name.
    pub(crate) fn discipline(name: &str) -> Option<u8> {
        let place = ["fifo", "lifo", "priority"]
            .iter()
            .position(|one| *one == name)?;
        u8::try_from(place).ok()
    }

    /// An empty one, of the discipline with this number.
    pub(crate) fn new(discipline: u8) -> Self {
        match discipline {
            0 => Self::Fifo(Core::new(0)),
            1 => Self::Lifo(Core::new(0)),
            _ => Self::Priority(Core::new(0)),
        }
    }

    #[inline]
    pub(crate) fn put(
        &self,
        py: Python<'_>,
        item: Item,
        patience: Patience,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<(), Refusal<Item>> {
        with_core!(self, core => {
            core.put(item, patience, sleeper).map_err(|why| Refusal::of_put(py, why))
        })
    }

    #[inline]
    pub(crate) fn get(
        &self,
        py: Python<'_>,
        patience: Patience,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<Item, Refusal<()>> {
        with_core!(self, core => {
            core.get(patience, sleeper).map_err(|why| Refusal::of_get(py, why))
        })
    }

    /// On failure: why, and the items that are not in the queue.
    pub(crate) fn put_many(
        &self,
        py: Python<'_>,
        items: Vec<Item>,
        patience: Patience,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<(), (Refusal<()>, Vec<Item>)> {
        with_core!(self, core => core
            .put_many(items, patience, sleeper)
            .map_err(|stopped| (Refusal::of_put(py, stopped.reason), stopped.remaining)))
    }

    pub(crate) fn get_many(
        &self,
        py: Python<'_>,
        count: usize,
        patience: Patience,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<Vec<Item>, Refusal<()>> {
        with_core!(self, core => core
            .get_many(count, patience, sleeper)
            .map_err(|why| Refusal::of_get(py, why)))
    }

    pub(crate) fn join(
        &self,
        py: Python<'_>,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<(), Refusal<()>> {
        with_core!(self, core => core
            .join(Patience::Forever, sleeper)
            .map_err(|why| Refusal::of_get(py, why)))
    }

    pub(crate) fn task_done(&self) -> Result<(), TooManyTasksDone> {
        with_core!(self, core => core.task_done())
    }

    pub(crate) fn shutdown(&self) {
        with_core!(self, core => core.shutdown());
    }

    pub(crate) fn shutdown_now(
        &self,
        py: Python<'_>,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<Vec<Item>, Refusal<()>> {
        with_core!(self, core => {
            core.shutdown_now(sleeper).map_err(|why| Refusal::of_get(py, why))
        })
    }

    pub(crate) fn hand_over(
        &self,
        py: Python<'_>,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<Contents<Item>, Refusal<()>> {
        with_core!(self, core => {
            core.hand_over(sleeper).map_err(|why| Refusal::of_get(py, why))
        })
    }

    pub(crate) fn reset(
        &self,
        py: Python<'_>,
        bound: usize,
        sleeper: &mut Interpreter<'_>,
    ) -> Result<Vec<Item>, Refusal<()>> {
        with_core!(self, core => {
            core.reset(bound, sleeper).map_err(|why| Refusal::of_get(py, why))
        })
    }

    pub(crate) fn len(&self) -> usize {
        with_core!(self, core => core.len())
    }

    pub(crate) fn is_full(&self) -> bool {
        with_core!(self, core => core.is_full())
    }

    pub(crate) fn is_bounded(&self) -> bool {
        with_core!(self, core => core.is_bounded())
    }

    pub(crate) fn is_open(&self) -> bool {
        with_core!(self, core => core.is_open())
    }

    pub(crate) fn set_shut_down(&self, flag: bool) {
        with_core!(self, core => core.set_shut_down(flag));
    }

    pub(crate) fn close_before_use(&self) {
        with_core!(self, core => core.close_before_use());
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        with_core!(self, core => core.is_shut_down())
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        with_core!(self, core => core.is_handed_over())
    }

    pub(crate) fn unfinished(&self) -> usize {
        with_core!(self, core => core.unfinished())
    }

    pub(crate) fn set_unfinished(&self, count: usize) {
        with_core!(self, core => core.set_unfinished(count));
    }

    pub(crate) fn set_bound(&self, bound: usize) {
        with_core!(self, core => core.set_bound(bound));
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let mut outcome = Ok(());
        let mut look = |item: &Item| {
            if outcome.is_ok() {
                outcome = visit.call(item);
            }
        };
        with_core!(self, core => core.try_each(&mut look));
        outcome
    }

    pub(crate) fn clear(&self) -> Vec<Item> {
        with_core!(self, core => core.try_drain())
    }
}
