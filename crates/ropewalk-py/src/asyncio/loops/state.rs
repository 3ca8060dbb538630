//! What waits in a loop: ready entries and timers.
//!
//! Promise: while the loop runs they belong to its thread, which reaches them without an atomic
//! exchange; what other threads bring waits in a tray until the loop looks.

use super::entry::Entry;
use super::handle::{self, Spares};
use pyo3::prelude::*;
use ropewalk_park::Owned;
use ropewalk_reactor::{Ready, Timers};

/// What waits.
#[derive(Default)]
pub(super) struct Queues {
    pub(super) ready: Ready<Entry>,
    /// By the seconds that the loop's clock then shows.
    pub(super) timers: Timers<Entry, f64>,
    /// Memory of handles that were done with.
    pub(super) spares: Spares,
}

/// What another thread brought while the loop ran.
pub(super) enum Brought {
    Ready(Entry),
    Timer(f64, Entry),
    /// One more of the timers is cancelled.
    Cancelled,
}

pub(super) type State = Owned<Queues, Vec<Brought>>;

/// Puts an entry behind all that are ready.
#[inline]
pub(super) fn put(py: Python<'_>, state: &State, entry: Entry) {
    put_and_count(py, state, entry);
}

/// The same; how many now wait in the tray, if it came there.
#[inline]
pub(super) fn put_and_count(py: Python<'_>, state: &State, entry: Entry) -> usize {
    match state.mine_with(entry, |queues, entry| queues.ready.put(entry)) {
        Ok(()) => 0,
        Err(entry) => put_from_elsewhere(py, state, entry),
    }
}

#[inline(never)]
fn put_from_elsewhere(py: Python<'_>, state: &State, entry: Entry) -> usize {
    // The loop may be done with the entry before this function ends.
    let object = entry.object().clone_ref(py);
    // The entry goes one way or the other.
    let cell = std::cell::Cell::new(Some(entry));
    let in_tray = state.with(
        |queues| {
            if let Some(entry) = cell.take() {
                queues.ready.put(entry);
            }
            0
        },
        |tray| {
            tray.extend(cell.take().map(Brought::Ready));
            tray.len()
        },
    );
    if in_tray == 0 {
        // The loop does not run.
        handle::track_if_ours(object.bind(py));
    }
    in_tray
}

/// Puts a timer handle among the timers.
#[inline]
pub(super) fn put_timer(state: &State, when: f64, timer: &Bound<'_, PyAny>) {
    let entry = Entry::Handle(timer.clone().unbind());
    let put = |queues: &mut Queues, entry| queues.timers.put(when, entry);
    if let Err(entry) = state.mine_with(entry, put)
        && put_timer_from_elsewhere(state, when, entry)
    {
        // The loop does not run.
        handle::track_if_ours(timer);
    }
}

/// Whether it was put among the timers, and not in the tray.
#[inline(never)]
fn put_timer_from_elsewhere(state: &State, when: f64, entry: Entry) -> bool {
    let cell = std::cell::Cell::new(Some(entry));
    state.with(
        |queues| {
            if let Some(entry) = cell.take() {
                queues.timers.put(when, entry);
            }
            true
        },
        |tray| {
            tray.extend(cell.take().map(|entry| Brought::Timer(when, entry)));
            false
        },
    )
}

/// Takes in what other threads brought.
pub(super) fn take_in(py: Python<'_>, state: &State) {
    for brought in state.take_tray() {
        match brought {
            Brought::Timer(when, Entry::Handle(timer)) => {
                put_timer(state, when, timer.bind(py));
            }
            Brought::Ready(entry) | Brought::Timer(_, entry) => put(py, state, entry),
            Brought::Cancelled => note_cancelled(state),
        }
    }
}

/// Notes that one more timer is cancelled.
pub(super) fn note_cancelled(state: &State) {
    state.with(
        |queues| {
            let count = queues.timers.cancelled() + 1;
            queues.timers.set_cancelled(count);
        },
        |tray| tray.push(Brought::Cancelled),
    );
}

/// The loop stops running: from now on what waits in it may be garbage together with it.
pub(super) fn track_all(py: Python<'_>, state: &State) {
    state.mine(|queues| {
        for entry in queues.ready.iter().chain(queues.timers.iter()) {
            if let Entry::Handle(handle) = entry {
                handle::track_if_ours(handle.bind(py));
            }
        }
    });
}
