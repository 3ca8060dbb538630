//! What the models share: threads over one primitive, and a way of sleeping that gives up.
//! Promise: nothing here waits by itself.

use loom::sync::Arc;
use loom::thread;
use ropewalk_park::Waiter;
use ropewalk_sync::{Deadline, Patience, Sleeper};
use std::time::Duration;

/// An end that has not come when asked, so that the sleep itself decides: in a model, which has no
/// clock, a sleep with an end runs out of time at any step.
pub(crate) const SOME_TIME: Patience = Patience::For(Duration::from_secs(3600));

/// Gives up after every sleep, told or not, as a signal handler that raises does.
pub(crate) struct GivesUp;

impl Sleeper for GivesUp {
    type Abort = ();

    fn sleep(&mut self, waiter: &Waiter, _: Deadline) -> Result<bool, ()> {
        let deadline = SOME_TIME.deadline().ok_or(())?;
        let _ = waiter.sleep(deadline);
        Err(())
    }
}

/// Starts a thread that shares `primitive`.
pub(crate) fn with<P, R>(
    primitive: &Arc<P>,
    work: impl FnOnce(&P) -> R + 'static,
) -> thread::JoinHandle<R>
where
    P: 'static,
    R: 'static,
{
    let primitive = Arc::clone(primitive);
    thread::spawn(move || work(&primitive))
}
