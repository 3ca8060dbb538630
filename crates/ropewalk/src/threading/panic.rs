//! What a thread that panicked leaves behind. Promise: the payload is kept whole.

use std::any::Any;
use std::error::Error;
use std::fmt;

/// Why a thread has no result: what it panicked with.
///
/// ```
/// use ropewalk::threading::Thread;
///
/// let thread = Thread::new(|| assert_eq!(1 + 1, 3, "arithmetic")).start()?;
/// let panic = thread.join().unwrap_err();
/// assert!(panic.message().unwrap().contains("arithmetic"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PanicPayload(Box<dyn Any + Send>);

impl PanicPayload {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self(payload)
    }

    /// What `panic!` was told to say; `None` if the payload is not text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let text = self.0.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| self.0.downcast_ref::<&str>().copied())
    }

    /// The payload itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        self.0
    }

    /// Lets the panic go on in this thread.
    pub fn resume(self) -> ! {
        std::panic::resume_unwind(self.0)
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PanicPayload")
            .field(&self.message())
            .finish()
    }
}

impl fmt::Display for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(message) => write!(f, "a thread panicked: {message}"),
            None => f.write_str("a thread panicked"),
        }
    }
}

impl Error for PanicPayload {}
