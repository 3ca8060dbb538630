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
    pub(super) timers: Timers<Entry>,
    /// Memory of handles that were done with.
    pub(super) spares: Spares,
}

/// What another thread brought while the loop ran.
pub(super) enum Brought {
    Ready(Entry),
    Timer(i64, Entry),
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
pub(super) fn put_timer(state: &State, deadline: i64, timer: &Bound<'_, PyAny>) {
    let entry = Entry::Handle(timer.clone().unbind());
    let put = state.mine_with(entry, |queues, entry| queues.timers.put(deadline, entry));
    let number = match put {
        Ok(number) => Some(number),
        Err(entry) => {
            let number = put_timer_from_elsewhere(state, deadline, entry);
            if number.is_some() {
                // The loop does not run.
                handle::track_if_ours(timer);
            }
            number
        }
    };
    if let Some(number) = number {
        handle::set_number(timer, number);
    }
}

#[inline(never)]
fn put_timer_from_elsewhere(state: &State, deadline: i64, entry: Entry) -> Option<u64> {
    let cell = std::cell::Cell::new(Some(entry));
    state.with(
        |queues| cell.take().map(|entry| queues.timers.put(deadline, entry)),
        |tray| {
            tray.extend(cell.take().map(|entry| Brought::Timer(deadline, entry)));
            None
        },
    )
}

/// Takes in what other threads brought.
pub(super) fn take_in(py: Python<'_>, state: &State) {
    for brought in state.take_tray() {
        match brought {
            Brought::Timer(deadline, Entry::Handle(timer)) => {
                put_timer(state, deadline, timer.bind(py));
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
