//! How the operations of a queue wait. Promise: whatever waits for a queue is told in a hang
//! report, with the operation and the line that made the queue.

use super::class::QueueEngine;
use crate::report::Why;
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::prelude::*;

impl QueueEngine {
    /// How this thread sleeps in the operation `kind`.
    #[inline]
    pub(super) fn sleeper<'w>(
        &'w self,
        py: Python<'w>,
        timeout: Timeout,
        kind: &'static str,
    ) -> Interpreter<'w> {
        Interpreter::new(py, timeout, Why::anyone(kind, self, &self.made))
    }
}
