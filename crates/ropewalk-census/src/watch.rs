//! A thread that reports when the main thread waits for too long.
//!
//! Promise: it needs nothing of the program that hangs, is started once per process and only when
//! asked for, and reports each stuck wait once.

use crate::record::Record;
use crate::register;
use crate::report::report_now;
use ropewalk_facade::atomic::{AtomicU32, Ordering};
use ropewalk_park::{Deadline, Outcome, Waiter};
use ropewalk_sys::{monotonic_nanos, process_id};
use std::time::Duration;

/// The process that has a watching thread, or zero.
static WATCHING: AtomicU32 = AtomicU32::new(0);

/// Looks per allowed time: a report comes at most this part of it late.
const LOOKS: u32 = 8;
/// Not more often than this, however short the allowed time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// Starts the watching thread: when one wait of the main thread has lasted for `allowed`, the
/// report is written to standard error. Later calls in the same process change nothing.
///
/// Fork: the thread is the parent's; a child that wants one calls this again.
///
/// # Errors
/// When the system has no thread to give.
pub fn watch_main_thread(allowed: Duration) -> std::io::Result<()> {
    let process = process_id();
    if WATCHING.swap(process, Ordering::Relaxed) == process {
        return Ok(());
    }
    let started = std::thread::Builder::new()
        .name("ropewalk-watch".to_owned())
        .spawn(move || watch(allowed));
    if started.is_err() {
        WATCHING.store(0, Ordering::Relaxed);
    }
    started.map(drop)
}

fn watch(allowed: Duration) {
    let pause = (allowed / LOOKS).max(SHORTEST_PAUSE);
    let mut told = None;
    loop {
        pause_for(pause);
        let stuck = stuck_wait(allowed);
        if stuck.is_some() && stuck != told {
            report_now();
            told = stuck;
        }
    }
}

fn pause_for(pause: Duration) {
    let end = Deadline::after(pause);
    let waiter = Waiter::current();
    // Nobody knows this waiter, so nobody tells it.
    while waiter.sleep(end) != Outcome::TimedOut {}
}

/// The number of the main thread's wait, if it has lasted for `allowed`.
fn stuck_wait(allowed: Duration) -> Option<usize> {
    let process = process_id();
    let reading = register::records()
        .filter_map(Record::read)
        .find(|reading| reading.person.native_id == process)?;
    let waited = monotonic_nanos().saturating_sub(reading.note?.since);
    (u128::from(waited) >= allowed.as_nanos()).then_some(reading.sequence)
}
