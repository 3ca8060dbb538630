//! Threads with a name and a result. Promise: whoever waits for a thread's end waits through
//! `ropewalk-park`; a panic arrives where the thread is joined, as a value.

use super::panic::PanicPayload;
use super::registry::{self, ThreadHandle};
use std::io;
use std::ops::Deref;
use std::thread;

/// A thread that is to be started.
///
/// ```
/// use ropewalk::threading::Thread;
///
/// let thread = Thread::new(|| 6 * 7).name("multiplier").start()?;
/// assert_eq!(thread.name(), "multiplier");
/// assert_eq!(thread.join().expect("no panic"), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A thread that nobody joins runs on by itself until `main` returns.
#[derive(Debug)]
#[must_use = "it does nothing before `start`"]
pub struct Thread<F> {
    work: F,
    name: Option<String>,
    stack_size: Option<usize>,
}

impl<F, T> Thread<F>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// A thread that will do `work`.
    pub fn new(work: F) -> Self {
        Self {
            work,
            name: None,
            stack_size: None,
        }
    }

    /// The name in panic messages and debuggers; without one it is `Thread-` and a number.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The size of the stack in bytes; without one it is std's choice.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts the thread.
    ///
    /// Errors: the operating system has no thread to give.
    ///
    /// # Panics
    ///
    /// Panics if the name has a zero byte in it.
    pub fn start(self) -> io::Result<JoinHandle<T>> {
        let handle = registry::enroll(self.name);
        let enrolled = Enrolled(Some(handle.clone()));
        let mut builder = thread::Builder::new().name(handle.name().to_owned());
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let (work, begun) = (self.work, handle.clone());
        let running = builder.spawn(move || {
            let _running = registry::begin(begun);
            work()
        })?;
        enrolled.stays();
        Ok(JoinHandle { handle, running })
    }
}

/// Takes a thread that did not start out of the registry again, also by a panic.
struct Enrolled(Option<ThreadHandle>);

impl Enrolled {
    fn stays(mut self) {
        self.0 = None;
    }
}

impl Drop for Enrolled {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            registry::end(handle);
        }
    }
}

/// A thread that was started, and the right to its result. It can do all that a [`ThreadHandle`]
/// can. Dropping it lets the thread run on by itself.
#[derive(Debug)]
pub struct JoinHandle<T> {
    handle: ThreadHandle,
    running: thread::JoinHandle<T>,
}

impl<T> JoinHandle<T> {
    /// Waits for the thread's end and returns its result.
    ///
    /// Blocking: as long as the thread runs. Errors: what the thread panicked with.
    ///
    /// # Panics
    ///
    /// Panics if a thread joins itself.
    pub fn join(self) -> Result<T, PanicPayload> {
        self.handle.wait();
        // Its work is done; what is left is the end of the system's thread, thread-local values
        // included.
        self.running.join().map_err(PanicPayload::new)
    }
}

impl<T> Deref for JoinHandle<T> {
    type Target = ThreadHandle;

    fn deref(&self) -> &ThreadHandle {
        &self.handle
    }
}
