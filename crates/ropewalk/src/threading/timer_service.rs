//! The thread that waits for all timers. Promise: it is there while timers are pending and a short
//! while longer; whatever it cannot give a thread of its own it does itself, so nothing is lost.

use super::timer::Pending;
use super::{Lock, Thread};
use ropewalk_sync::{Deadline, DelayKey, DelayQueue, DelayServer, Uninterrupted};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

/// How long the thread stays while nothing is pending: a thousand times what starting it costs.
const PATIENCE: Duration = Duration::from_millis(100);

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service {
    queue: DelayQueue::new(PATIENCE),
    starting: Lock::new(()),
});

/// All pending timers of the process.
pub(super) struct Service {
    queue: Arc<DelayQueue<Pending>>,
    /// Held while a timer is scheduled and the thread for it started, so that a timer whose thread
    /// could not be started leaves no other one behind that relies on it.
    starting: Lock<()>,
}

impl Service {
    pub(super) fn get() -> &'static Self {
        &SERVICE
    }

    pub(super) fn schedule(&self, interval: Duration, pending: Pending) -> io::Result<DelayKey> {
        let _starting = self.starting.acquire();
        let (key, server) = self.queue.schedule(Deadline::after(interval), pending);
        if let Some(server) = server {
            let thread = thread::Builder::new().name("timers".to_owned());
            if let Err(why) = thread.spawn(move || serve(server)) {
                drop(self.queue.cancel(key));
                return Err(why);
            }
        }
        Ok(key)
    }

    pub(super) fn cancel(&self, key: DelayKey) -> Option<Pending> {
        self.queue.cancel(key)
    }
}

fn serve(mut server: DelayServer<Pending>) {
    while let Ok(Some(pending)) = server.next(&mut Uninterrupted) {
        // Shared, because a thread that does not start would take the work away with it.
        let here = Arc::new(Lock::new(Some(pending)));
        let there = Arc::clone(&here);
        if Thread::new(move || fire(&there)).start().is_err() {
            // A panic has been printed by its hook; the other timers must not suffer from it.
            let _ = catch_unwind(AssertUnwindSafe(|| fire(&here)));
        }
    }
}

fn fire(slot: &Lock<Option<Pending>>) {
    let pending = slot.acquire().take();
    if let Some(pending) = pending {
        pending.fire();
    }
}
