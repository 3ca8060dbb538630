//! The shortest ways to a queue's methods. Promise: each does what the method of its name does.

use super::class::QueueEngine;
use crate::asyncio::awaitable::{direct_methods, given};
use crate::timeout::Flag;
use pyo3::prelude::*;

direct_methods! {
    "QueueEngine.put" of QueueEngine, |queue, item| {
        let item = given(queue.py(), item)?.unbind();
        QueueEngine::put(queue, item, Flag::Known(true), None).map(|()| queue.py().None())
    };
    "QueueEngine.get" of QueueEngine, |queue, _none| {
        QueueEngine::get(queue, Flag::Known(true), None)
    };
    "QueueEngine.put_nowait" of QueueEngine, |queue, item| {
        QueueEngine::put_nowait(queue, given(queue.py(), item)?.unbind())
    };
    "QueueEngine.get_nowait" of QueueEngine, |queue, _none| QueueEngine::get_nowait(queue);
    "QueueEngine.task_done" of QueueEngine, |queue, _none| {
        QueueEngine::task_done(queue).map(|()| queue.py().None())
    };
    "QueueEngine.qsize" of QueueEngine, |queue, _none| {
        QueueEngine::qsize(queue).map(Bound::unbind)
    };
}
