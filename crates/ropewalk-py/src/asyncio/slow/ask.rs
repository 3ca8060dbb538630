//! One report, by whichever way comes first. Promise: each block is told of once, by the thread
//! that has the interpreter or by the watching thread, never by both.

use super::guard::View;
use super::stack::{Libraries, Place, Report, is_of_the_loop, without_the_loop};
use super::standing::{Standing, read_function};
use pyo3::prelude::*;
use ropewalk_facade::Deadline;
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_park::{Patience, Uninterrupted};
use ropewalk_reactor::{Block, Pulse};
use ropewalk_sync::Event;
use ropewalk_sys::write_to_stderr;
use std::sync::Arc;
use std::time::Duration;

/// How long whatever blocks may keep the interpreter to itself until the stack is read without.
/// Python code hands it over within 5 ms, unless there are many who want it.
const GRACE: Duration = Duration::from_millis(100);

/// What all reports about one loop have in common.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) pulse: Arc<Pulse>,
    pub(super) standing: Standing,
    pub(super) thread: String,
    pub(super) libraries: Libraries,
    pub(super) interpreter: View,
}

impl Subject {
    fn write(&self, block: Block, places: &[Place], keeps_interpreter: bool) {
        // No frame of its own: what the loop called is no Python code.
        let bare = !places.is_empty() && places.iter().all(is_of_the_loop);
        let callback = bare.then(|| read_function(self.pulse.address())).flatten();
        let report = Report {
            callback: callback.as_deref(),
            thread: &self.thread,
            lasted: block.lasted,
            places: without_the_loop(places),
            libraries: &self.libraries,
            keeps_interpreter,
        };
        write_to_stderr(report.to_string().as_bytes());
    }

    fn still_runs(&self, block: Block) -> bool {
        self.pulse.read() == block.beat
    }
}

/// A question that waits for the interpreter.
#[derive(Debug)]
struct Ask {
    /// Set by whoever tells.
    taken: AtomicBool,
    done: Event,
}

impl Ask {
    fn take(&self) -> bool {
        !self.taken.swap(true, Ordering::Relaxed)
    }
}

/// Tells of the blocks of one loop. Runs in the watching thread.
pub(super) struct Teller {
    subject: Arc<Subject>,
    /// The last question; still waiting when whatever blocked then never let go.
    last: Option<Arc<Ask>>,
}

impl Teller {
    pub(super) fn new(subject: Arc<Subject>) -> Self {
        Self {
            subject,
            last: None,
        }
    }

    pub(super) fn tell(&mut self, block: Block) {
        let waits_still = self.last.as_ref().is_some_and(|ask| !ask.done.is_set());
        if !waits_still && self.ask(block) {
            return;
        }
        let places = self.subject.standing.read_from_outside();
        if self.subject.still_runs(block) {
            self.subject.write(block, &places, true);
        }
    }

    /// Has another thread ask for the interpreter; true when nothing is left to tell.
    fn ask(&mut self, block: Block) -> bool {
        let ask = Arc::new(Ask {
            taken: AtomicBool::new(false),
            done: Event::new(),
        });
        let (subject, asked) = (Arc::clone(&self.subject), Arc::clone(&ask));
        let started = std::thread::Builder::new()
            .name("ropewalk-slow-ask".to_owned())
            .spawn(move || answer(&subject, &asked, block));
        if started.is_err() {
            return false;
        }
        self.last = Some(Arc::clone(&ask));
        let end = Patience::Until(Deadline::after(GRACE));
        let Ok(done) = ask.done.wait(end, &mut Uninterrupted);
        // Not done, but begun: then the interpreter is there, and the rest takes no time.
        done || !ask.take()
    }
}

/// Waits for the interpreter and tells, unless somebody did meanwhile or nothing blocks any more.
fn answer(subject: &Subject, ask: &Ask, block: Block) {
    let tell = |py: Python<'_>| {
        // While this thread holds the interpreter the callback cannot end: it is the same one
        // until the stack has been read.
        if subject.still_runs(block) && ask.take() {
            let places = subject.standing.read_attached(py).unwrap_or_default();
            py.detach(|| subject.write(block, &places, false));
        }
    };
    subject.interpreter.guarded(|| Python::try_attach(tell));
    ask.done.set();
}
