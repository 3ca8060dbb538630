//! One turn of the loop, and turn after turn.
//!
//! Promise: a turn is the standard library's: poll, put what is ready and then what is due behind
//! what waits already, run as many as there are at that moment. What an entry adds runs next turn.

use super::core::{LoopCore, OWN_POLL, OWN_TIMERS, Waiting, os_error};
use super::entry::{Entry, Watcher};
use super::handle;
use super::listed;
use super::state::{self, Queues};
use crate::asyncio::running::Noted;
use crate::names::intern;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ropewalk_facade::atomic::Ordering;
use ropewalk_reactor::{Direction, Pulse, Told, nanos_from_seconds};
use ropewalk_sys::Found;
use std::io::ErrorKind;
use std::os::fd::RawFd;
use std::time::Duration;

/// After how many entries the loop looks at the kernel again when there is more to run and nothing
/// but its own descriptors is watched: other threads may wait for the interpreter meanwhile, and a
/// look costs as much as some ten short callbacks.
const ENTRIES_WITHOUT_A_LOOK: usize = 64;

/// What the last turns did.
#[derive(Default)]
struct Past {
    /// How many entries ran since the last look at the kernel.
    unseen: usize,
    /// The last turn looked and found something. What is ready now was mostly put there by that: a
    /// task that its data woke. It runs before the next look, which then may sleep at once.
    found: bool,
}

/// The most descriptors that one look reports; the others come with the next.
const MOST_AT_ONCE: usize = 4096;

/// The loop's own descriptors: the bell, and the standard library's self-pipe.
const OWN_DESCRIPTORS: usize = 2;

/// A day in nanoseconds, the longest that the standard library's loop sleeps at a time.
const LONGEST_SLEEP: i64 = 24 * 3600 * 1_000_000_000;

/// Runs one turn, or as many as `_keep_running` asked for.
pub(super) fn run(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let core = slf.get();
    // None in a turn within a turn, whose outer one owns them.
    let owning = core.state.own();
    if !core.state.is_mine() {
        return Err(PyRuntimeError::new_err(
            "This event loop is already running",
        ));
    }
    let noted = Noted::new(slf.as_any());
    let outcome = turns(slf);
    drop(noted);
    if core.state.is_filled() {
        state::take_in(slf.py(), &core.state);
    }
    if owning.is_some() {
        state::track_all(slf.py(), &core.state);
    }
    outcome
}

fn turns(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let core = slf.get();
    if !core.keeps_running.swap(false, Ordering::Relaxed) {
        return turn(slf, &mut Past::default());
    }
    let mut past = Past::default();
    loop {
        turn(slf, &mut past)?;
        if core.stopping.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}

/// What a turn finds at its beginning.
struct Look {
    ready: usize,
    next: Option<f64>,
    cancelled: usize,
}

impl LoopCore {
    /// Looks at what waits; for the thread that runs the loop.
    #[inline]
    fn look(&self, py: Python<'_>) -> Look {
        if self.state.is_filled() {
            state::take_in(py, &self.state);
            self.room.tell();
        }
        let look = self.state.mine(|queues| Look {
            ready: queues.ready.len(),
            next: queues.timers.next(),
            cancelled: queues.timers.cancelled(),
        });
        look.unwrap_or(Look {
            ready: 0,
            next: None,
            cancelled: 0,
        })
    }

    /// Whether nothing is watched but what belongs to the loop itself, and no signal handler.
    #[inline]
    fn only_its_own(&self) -> bool {
        self.watched.load(Ordering::Relaxed) <= OWN_DESCRIPTORS
            && !self.signals.load(Ordering::Relaxed)
    }
}

/// One turn.
fn turn(slf: &Bound<'_, LoopCore>, past: &mut Past) -> PyResult<()> {
    let (py, core) = (slf.py(), slf.get());
    core.check_usable()?;
    let mut look = core.look(py);
    let found = std::mem::take(&mut past.found);
    let may_wait = past.unseen < ENTRIES_WITHOUT_A_LOOK
        && !core.has_own(OWN_POLL | OWN_TIMERS)
        && (found || core.only_its_own());
    if !may_wait || look.ready == 0 || look.next.is_some() {
        look = prepare(slf, look, may_wait, past)?;
    }
    past.unseen += look.ready;
    let shown = Shown(core.shown_pulse());
    for _ in 0..look.ready {
        let Some(Some(entry)) = core.state.mine(|queues| queues.ready.take()) else {
            break;
        };
        shown.begin(slf.py(), &entry);
        if core.debug() {
            run_watched(slf, &entry)?;
        } else {
            entry.run_last(slf)?;
        }
    }
    Ok(())
}

/// What comes before the entries: cancelled timers go, the kernel is asked unless that may wait, due
/// timers come.
fn prepare(
    slf: &Bound<'_, LoopCore>,
    mut look: Look,
    may_wait: bool,
    past: &mut Past,
) -> PyResult<Look> {
    let (py, core) = (slf.py(), slf.get());
    if core.has_own(OWN_TIMERS) {
        look.next = listed::next(slf)?;
    } else if look.cancelled > 0 {
        forget_cancelled(slf)?;
        look = core.look(py);
    }
    let busy = look.ready > 0 || core.stopping.load(Ordering::Relaxed);
    let deadline = if busy { None } else { look.next };
    if core.has_own(OWN_POLL) {
        poll_through_python(slf, busy, deadline)?;
    } else if !busy || !may_wait {
        past.unseen = 0;
        past.found = poll(slf, busy, deadline)?;
    }
    look = core.look(py);
    if core.has_own(OWN_TIMERS) {
        listed::put_due(slf)?;
        look = core.look(py);
    } else if look.next.is_some() {
        put_due(slf)?;
        look = core.look(py);
    }
    Ok(look)
}

/// Shows a watcher, if there is one, which callback runs; and that none does, when dropped.
struct Shown<'core>(Option<&'core Pulse>);

impl Shown<'_> {
    #[inline]
    fn begin(&self, py: Python<'_>, entry: &Entry) {
        if let Some(pulse) = self.0 {
            pulse.show(entry.callback_address(py));
            pulse.begin();
        }
    }
}

impl Drop for Shown<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(pulse) = self.0 {
            pulse.rest();
        }
    }
}

/// Takes out cancelled timers: those at the head, or all when they are many.
fn forget_cancelled(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let py = slf.py();
    // Calls no Python.
    let is_gone = |entry: &Entry| match entry {
        Entry::Handle(timer) => handle::is_cancelled_here(timer.bind(py)),
        Entry::Native(_) => false,
    };
    let state = &slf.get().state;
    let gone = state.mine(|queues| queues.timers.forget_cancelled(is_gone));
    for entry in gone.iter().flatten() {
        if let Entry::Handle(timer) = entry {
            handle::unschedule(timer.bind(py))?;
        }
    }
    Ok(())
}

/// Puts the timers that are due behind the ready entries.
fn put_due(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let core = slf.get();
    let end = LoopCore::shown_seconds(slf)? + core.resolution();
    // What is not a number is not later.
    let has_come = |when: f64| {
        !when
            .partial_cmp(&end)
            .is_some_and(std::cmp::Ordering::is_ge)
    };
    let take = |queues: &mut Queues| queues.timers.take_due(has_come);
    while let Some(Some(entry)) = core.state.mine(take) {
        if let Entry::Handle(timer) = &entry {
            handle::unschedule(timer.bind(slf.py()))?;
        }
        state::put(slf.py(), &core.state, entry);
    }
    Ok(())
}

/// How long to sleep.
fn time_left(
    slf: &Bound<'_, LoopCore>,
    busy: bool,
    deadline: Option<f64>,
) -> PyResult<Option<i64>> {
    match deadline {
        _ if busy => Ok(Some(0)),
        None => Ok(None),
        Some(deadline) => {
            let left = nanos_from_seconds(deadline).saturating_sub(LoopCore::now(slf)?);
            Ok(Some(left.clamp(0, LONGEST_SLEEP)))
        }
    }
}

/// Looks at the kernel; whether something was ready.
fn poll(slf: &Bound<'_, LoopCore>, busy: bool, deadline: Option<f64>) -> PyResult<bool> {
    let (py, core) = (slf.py(), slf.get());
    let mut found = wait(slf, || {
        // Whoever put something before the loop said that it sleeps has rung no bell.
        let busy = busy || core.look(py).ready > 0;
        let left = time_left(slf, busy, deadline)?;
        Ok(left.map(|left| Duration::from_nanos(left.unsigned_abs())))
    })?;
    let mut cancelled = Vec::new();
    let mut ready = Vec::new();
    let mut done = Vec::new();
    // Whoever waits already comes first, and may end a wait by a cancellation: then nothing must
    // have been taken from the kernel for it.
    let at_once = core.look(py).ready == 0;
    let settled = match &mut *core.waiting.lock() {
        None => Ok(()),
        Some(Waiting { poller, bell }) => {
            let settled = poller.settle(&found, |descriptor, direction, told| {
                let watch = match told {
                    Told::Watching(watch) => watch,
                    Told::Done(watch) if at_once => return done.push(watch.watcher),
                    Told::Done(watch) => return ready.extend(watch.watcher.into_entry()),
                };
                match &watch.watcher {
                    Watcher::Handle(handle) if handle::is_cancelled_here(handle.bind(py)) => {
                        cancelled.push((descriptor, direction));
                    }
                    Watcher::Handle(handle) => ready.push(Entry::Handle(handle.clone_ref(py))),
                    Watcher::Native(call) => ready.push(Entry::watched(
                        call.clone_ref(py),
                        descriptor,
                        direction,
                        watch.generation,
                    )),
                    Watcher::Bell => bell.silence(),
                }
            });
            core.watched.store(poller.watched(), Ordering::Relaxed);
            settled
        }
    };
    let any = !ready.is_empty() || !done.is_empty();
    for entry in ready {
        state::put(slf.py(), &core.state, entry);
    }
    for (descriptor, direction) in cancelled {
        LoopCore::unwatch(slf, descriptor, direction)?;
    }
    found.make_room(core.watched.load(Ordering::Relaxed).min(MOST_AT_ONCE));
    *core.found.lock() = Some(found);
    run_done(slf, done)?;
    settled.map_err(os_error)?;
    Ok(any)
}

/// Runs those who waited for one event, at once: what they wake runs in this turn. Nothing was
/// ready before them.
fn run_done(slf: &Bound<'_, LoopCore>, done: Vec<Watcher>) -> PyResult<()> {
    let mut outcome = Ok(());
    for watcher in done {
        match watcher {
            Watcher::Native(call) if outcome.is_ok() => outcome = call.run(slf),
            // The loop is left in the midst of them: the others come when it runs again.
            other => {
                if let Some(entry) = other.into_entry() {
                    state::put(slf.py(), &slf.get().state, entry);
                }
            }
        }
    }
    outcome
}

/// Waits for descriptors, the bell or the time that `time_left` says; signal handlers run meanwhile.
fn wait(
    slf: &Bound<'_, LoopCore>,
    time_left: impl Fn() -> PyResult<Option<Duration>>,
) -> PyResult<Found> {
    let (py, core) = (slf.py(), slf.get());
    let taken = core.found.lock().take();
    let mut found = taken.unwrap_or_else(|| {
        Found::with_room(core.watched.load(Ordering::Relaxed).clamp(1, MOST_AT_ONCE))
    });
    py.check_signals()?;
    loop {
        let Some(epoll) = core
            .waiting
            .lock()
            .as_ref()
            .map(|waiting| waiting.poller.epoll())
        else {
            return Ok(found);
        };
        core.wake.begin();
        let waited = time_left().map(|left| py.detach(|| epoll.wait(&mut found, left)));
        core.wake.end();
        match waited? {
            Ok(()) => return Ok(found),
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                found.make_room(1);
                py.check_signals()?;
            }
            Err(error) => return Err(os_error(error)),
        }
    }
}

/// `select` for whoever calls the selector's view by hand.
pub(super) fn poll_for_python(
    slf: &Bound<'_, LoopCore>,
    timeout: Option<f64>,
) -> PyResult<Vec<(RawFd, bool, bool)>> {
    let core = slf.get();
    let end = timeout.map(|seconds| LoopCore::seconds() + seconds.max(0.0));
    let found = wait(slf, || {
        // As in `poll`.
        if core.state.is_filled() {
            state::take_in(slf.py(), &core.state);
            core.room.tell();
        }
        if core.ready_length() > 0 {
            return Ok(Some(Duration::ZERO));
        }
        let left = end.map(|end| (end - LoopCore::seconds()).max(0.0));
        Ok(left.map(|left| Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX)))
    })?;
    let mut events = Vec::new();
    if let Some(Waiting { poller, bell }) = &mut *core.waiting.lock() {
        let mut once = Vec::new();
        let settled = poller.settle(&found, |descriptor, direction, told| match told {
            Told::Watching(watch) if matches!(watch.watcher, Watcher::Bell) => bell.silence(),
            Told::Watching(_) => events.push((descriptor, direction)),
            Told::Done(watch) => {
                events.push((descriptor, direction));
                once.push((descriptor, direction, watch));
            }
        });
        settled.map_err(os_error)?;
        // A look by hand tells nobody.
        for (descriptor, direction, watch) in once {
            let put = poller.place(descriptor, direction, watch);
            drop(put.map_err(os_error)?);
        }
    }
    *core.found.lock() = Some(found);
    let mut merged: Vec<(RawFd, bool, bool)> = Vec::new();
    for (descriptor, direction) in events {
        let write = direction == Direction::Write;
        match merged.last_mut() {
            Some(last) if last.0 == descriptor => last.2 |= write,
            _ => merged.push((descriptor, !write, write)),
        }
    }
    Ok(merged)
}

/// Polls by the selector that the loop was given, as the standard library does.
fn poll_through_python(
    slf: &Bound<'_, LoopCore>,
    busy: bool,
    deadline: Option<f64>,
) -> PyResult<()> {
    let py = slf.py();
    let this = slf.as_any();
    #[expect(clippy::cast_precision_loss, reason = "at most a day")]
    let left = time_left(slf, busy, deadline)?.map(|left| left as f64 / 1e9);
    let selector = this.getattr(intern!(py, "_selector"))?;
    let events = match left {
        Some(0.0) => selector.call_method1(intern!(py, "select"), (0,))?,
        left => selector.call_method1(intern!(py, "select"), (left,))?,
    };
    this.call_method1(intern!(py, "_process_events"), (events,))?;
    Ok(())
}

/// Runs an entry in debug mode: the loop says which, and a slow one is logged.
#[cold]
fn run_watched(slf: &Bound<'_, LoopCore>, entry: &Entry) -> PyResult<()> {
    let py = slf.py();
    let this = slf.as_any();
    if entry.is_cancelled(py) {
        return Ok(());
    }
    let handle = entry.object().bind(py);
    this.setattr(intern!(py, "_current_handle"), handle)?;
    let began = LoopCore::now(slf)?;
    let outcome = entry.run(slf);
    let reported = outcome.and_then(|()| {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a time that somebody waited for"
        )]
        let took = LoopCore::now(slf)?.saturating_sub(began) as f64 / 1e9;
        let limit = this.getattr(intern!(py, "slow_callback_duration"))?;
        if limit.le(took)? {
            this.call_method1(intern!(py, "_report_slow"), (handle, took))?;
        }
        Ok(())
    });
    this.setattr(intern!(py, "_current_handle"), py.None())?;
    reported
}
