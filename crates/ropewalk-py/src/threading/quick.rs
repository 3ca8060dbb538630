//! The shortest ways to methods of `threading`'s classes.
//! Promise: each does what the method of its name does.

use super::condition::ConditionEngine;
use super::event::EventEngine;
use super::semaphore::SemaphoreEngine;
use crate::asyncio::awaitable::direct_methods;
use crate::timeout::{Given, Truth};
use pyo3::prelude::*;
use pyo3::types::PyBool;

fn truth(py: Python<'_>, value: bool) -> Py<PyAny> {
    PyBool::new(py, value).to_owned().into_any().unbind()
}

direct_methods! {
    "EventEngine.is_set" of EventEngine, |event, _none| {
        Ok(truth(event.py(), event.get().is_set()))
    };
    "EventEngine.set" of EventEngine, |event, _none| {
        event.get().set();
        Ok(event.py().None())
    };
    "EventEngine.clear" of EventEngine, |event, _none| {
        event.get().clear();
        Ok(event.py().None())
    };
    "EventEngine.wait" of EventEngine, |event, _none| {
        Ok(truth(event.py(), event.get().wait(event.py(), None)?))
    };
    "SemaphoreEngine.acquire" of SemaphoreEngine, |semaphore, _none| {
        let taken = SemaphoreEngine::acquire(semaphore, Truth(true), None)?;
        Ok(truth(semaphore.py(), taken))
    };
    "SemaphoreEngine.release" of SemaphoreEngine, |semaphore, _none| {
        SemaphoreEngine::give_back(semaphore, 1).map(|()| semaphore.py().None())
    };
    "ConditionEngine.wait" of ConditionEngine, |condition, _none| {
        Ok(truth(condition.py(), ConditionEngine::wait(condition, None)?))
    };
    "ConditionEngine.notify" of ConditionEngine, |condition, _none| {
        ConditionEngine::notify(condition, Given(None)).map(|()| condition.py().None())
    };
    "ConditionEngine.notify_all" of ConditionEngine, |condition, _none| {
        ConditionEngine::notify_all(condition).map(|()| condition.py().None())
    };
}
