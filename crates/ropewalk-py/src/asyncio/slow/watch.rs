//! The watch over one loop, for Python. Promise: a loop without a watch pays nothing for it, and
//! the watching thread ends with the watch.

use super::ask::{Subject, Teller};
use super::guard::View;
use super::standing::{Standing, libraries};
use crate::asyncio::loops::LoopCore;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use ropewalk_park::ShortLock;
use ropewalk_reactor::Watch;
use std::sync::Arc;
use std::time::Duration;

/// Says on stderr where a loop is blocked when one of its callbacks runs for so many seconds.
///
/// `enter` is called in the thread that runs the loop, each time that it begins to; `end` when
/// the loop is closed.
#[pyclass(frozen, name = "Watch", module = "ropewalk._ropewalk.asyncio.slow")]
pub(crate) struct PyWatch {
    subject: Arc<Subject>,
    watch: ShortLock<Option<Watch>>,
}

#[pymethods]
impl PyWatch {
    #[new]
    fn new(
        event_loop: &Bound<'_, LoopCore>,
        seconds: f64,
        thread: &Bound<'_, PyString>,
    ) -> PyResult<Self> {
        let py = event_loop.py();
        let allowed = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let subject = Arc::new(Subject {
            pulse: Arc::clone(event_loop.get().pulse()),
            standing: Standing::default(),
            // It need not be text that can be encoded.
            thread: thread.to_string_lossy().into_owned(),
            libraries: libraries(py)?,
            interpreter: View::of_this(py)?,
        });
        let mut teller = Teller::new(Arc::clone(&subject));
        let watch = Watch::start(&subject.pulse, allowed, move |block| teller.tell(block))?;
        Ok(Self {
            subject,
            watch: ShortLock::new(Some(watch)),
        })
    }

    /// The current thread begins to run the loop.
    fn enter(&self, py: Python<'_>) {
        self.subject.standing.enter(py);
    }

    /// Let the watching thread end.
    fn end(&self) {
        let watch = self.watch.lock().take();
        drop(watch);
    }
}
