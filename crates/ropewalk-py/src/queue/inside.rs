//! How a queue's inside goes from the engine to Python objects.
//!
//! Promise: it goes once; whoever comes while it moves waits for the mutex of the object that
//! receives it, so nobody sees half of it; an interrupted move is finished by the next one.

use super::arguments::not_begun;
use super::class::QueueEngine;
use crate::error::Refusal;
use crate::names::intern;
use crate::timeout::Timeout;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// What Python may see or replace.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// `maxsize` as it was given.
    pub(super) maxsize: Option<Py<PyAny>>,
    /// The object that holds the queue's inside once it is handed over.
    pub(super) inside: Option<Py<PyAny>>,
}

impl QueueEngine {
    pub(super) fn inside(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        if !self.engine.is_handed_over() {
            return None;
        }
        self.attributes
            .lock()
            .inside
            .as_ref()
            .map(|inside| inside.clone_ref(py))
    }

    /// The inside, when the engine has said that it is there.
    pub(super) fn begun_inside<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.inside(py) {
            Some(inside) => Ok(inside.into_bound(py)),
            None => Err(not_begun("queue")),
        }
    }

    /// Makes `inside` the receiver unless there is one already; returns the one that is.
    pub(super) fn adopt_inside(
        &self,
        py: Python<'_>,
        inside: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let mut attributes = self.attributes.lock();
        if attributes.maxsize.is_none() {
            drop(attributes);
            return Err(not_begun("queue"));
        }
        let adopted = attributes
            .inside
            .get_or_insert_with(|| inside.clone().unbind())
            .clone_ref(py);
        drop(attributes);
        Ok(adopted)
    }

    /// Moves everything the engine holds; later calls do nothing.
    pub(super) fn move_inside(&self, py: Python<'_>, inside: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut sleeper = self.sleeper(py, Timeout::None, "Queue.mutex");
        let contents = match self.engine.hand_over(py, &mut sleeper) {
            Ok(contents) => contents,
            Err(Refusal::GoInside(())) => return Ok(()),
            Err(Refusal::Raise(why, _)) => return Err(why),
        };
        let items = PyList::new(py, contents.items)?;
        inside
            .getattr(intern!(py, "queue"))?
            .call_method1(intern!(py, "extend"), (items,))?;
        inside.setattr(intern!(py, "unfinished_tasks"), contents.unfinished)?;
        inside.setattr(intern!(py, "is_shutdown"), contents.shut_down)
    }
}

/// The inside, moved there if need be.
pub(super) fn look_inside<'py>(slf: &Bound<'py, QueueEngine>) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    match slf.get().inside(py) {
        Some(inside) => Ok(inside.into_bound(py)),
        None => slf.call_method0(intern!(py, "_look_inside")),
    }
}
