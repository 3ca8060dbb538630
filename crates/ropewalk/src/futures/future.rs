//! The result of a call that may still be running.

use super::executor::{Crew, WaitingWorker};
use ropewalk_future::{Cancel, Life, Owed, Patience, Phase, Start, Uninterrupted, Until};
use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Why there is no result.
#[derive(Debug)]
pub enum Unfinished {
    /// It was cancelled before it began.
    Cancelled,
    /// It panicked; this is what with.
    Panicked(Box<dyn Any + Send>),
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the call was cancelled",
            Self::Panicked(_) => "the call panicked",
        })
    }
}

impl std::error::Error for Unfinished {}

type Callback = Box<dyn FnOnce() + Send>;
pub(super) type SharedLife<T> = Life<T, Box<dyn Any + Send>, Callback>;

/// Wakes and calls.
fn pay(owed: Owed<Callback>) {
    for callback in owed.wake() {
        callback();
    }
}

/// The result of a call that may still be running.
///
/// It is a [`std::future::Future`] as well: `.await` it in any runtime.
pub struct Future<T> {
    pub(super) life: Arc<SharedLife<T>>,
    pub(super) crew: Arc<Crew>,
}

impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future")
            .field("phase", &self.life.phase())
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Future<T> {
    /// Waits for the result and returns it.
    ///
    /// # Errors
    ///
    /// [`Unfinished`], if the call was cancelled or panicked.
    pub fn result(self) -> Result<T, Unfinished> {
        self.wait(Patience::Forever);
        self.take()
    }

    /// As [`result`](Self::result), as long as `patience` lasts; then the future comes back.
    ///
    /// # Errors
    ///
    /// The future itself, if there was no result in time.
    pub fn result_within(
        self,
        patience: impl Into<Patience>,
    ) -> Result<Result<T, Unfinished>, Self> {
        if self.wait(patience.into()) {
            Ok(self.take())
        } else {
            Err(self)
        }
    }

    fn wait(&self, patience: Patience) -> bool {
        if self.is_done() {
            return true;
        }
        let _waiting = WaitingWorker::of(std::iter::once(self), Until::All, patience);
        let Ok(phase) = self.life.wait(patience, &mut Uninterrupted);
        phase.is_settled()
    }
}

impl<T> Future<T> {
    /// Cancels the call if it has not begun; true if it is cancelled.
    ///
    /// ```
    /// # use ropewalk::futures::{ThreadPoolExecutor, Unfinished};
    /// # use std::sync::mpsc::channel;
    /// let executor = ThreadPoolExecutor::new(1);
    /// let (begin, gate) = channel::<()>();
    /// let first = executor.submit(move || gate.recv());
    /// let second = executor.submit(|| 1);
    /// assert!(second.cancel());
    /// begin.send(()).unwrap();
    /// assert!(matches!(second.result(), Err(Unfinished::Cancelled)));
    /// # first.result().unwrap().unwrap();
    /// ```
    #[must_use = "false means that the call runs or has run"]
    pub fn cancel(&self) -> bool {
        match self.life.cancel() {
            Cancel::Now(owed) => {
                pay(owed);
                true
            }
            Cancel::Before => true,
            Cancel::TooLate | Cancel::HandedOver => false,
        }
    }

    /// True while the call is being executed.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.life.phase() == Phase::Running
    }

    /// True when the result can be had without waiting.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.life.phase().is_settled()
    }

    /// Has `callback` called when the future is done, by the thread that does it; at once if it
    /// is done.
    pub fn add_done_callback(&self, callback: impl FnOnce() + Send + 'static) {
        if let Err((callback, _)) = self.life.add_callback(Box::new(callback)) {
            callback();
        }
    }

    /// The outcome of a settled future.
    fn take(&self) -> Result<T, Unfinished> {
        match self.life.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(panic)) => Err(Unfinished::Panicked(panic)),
            None => Err(Unfinished::Cancelled),
        }
    }
}

impl<T> std::future::Future for Future<T> {
    type Output = Result<T, Unfinished>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_done() {
            let waker = context.waker().clone();
            if self
                .life
                .add_callback(Box::new(move || waker.wake()))
                .is_ok()
            {
                return Poll::Pending;
            }
        }
        Poll::Ready(self.take())
    }
}

/// The side that runs the call: dropped before it ran, it cancels.
pub(super) struct Duty<T>(pub(super) Arc<SharedLife<T>>);

impl<T> Duty<T> {
    /// Runs the call, unless it was cancelled.
    pub(super) fn run(&self, call: impl FnOnce() -> T) {
        match self.0.start() {
            Start::Run => {}
            Start::Cancelled(wakes) => {
                wakes.now();
                return;
            }
            Start::Refused(_) => return,
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call));
        if let Ok(owed) = self.0.finish(outcome) {
            pay(owed);
        }
    }
}

impl<T> Drop for Duty<T> {
    fn drop(&mut self) {
        if let Cancel::Now(owed) = self.0.cancel() {
            pay(owed);
        }
        if let Start::Cancelled(wakes) = self.0.start() {
            wakes.now();
        }
    }
}
