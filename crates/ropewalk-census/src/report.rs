//! Where a report goes: to standard error from anywhere, or into a text.
//!
//! Promise: `report_now` may be called inside a signal handler and by several threads at once. It
//! allocates nothing and takes no lock; two reports never mix, and one that is asked for while
//! another is being written follows it.

#![expect(unsafe_code, reason = "room for one picture, shared under a claim")]

use crate::picture::{Entry, Picture, THREADS};
use crate::words;
use ropewalk_facade::atomic::{AtomicBool, AtomicU32, Ordering};
use ropewalk_facade::cell::UnsafeCell;
use ropewalk_sys::{process_id, write_to_stderr};
use std::fmt;

/// The room of `report_now`: too large (about 100 KiB) for the stack of a signal handler.
struct Room {
    entries: [Entry; THREADS],
    marks: [u16; THREADS],
}

struct Shared(UnsafeCell<Room>);

// SAFETY: only who has set `REPORTING` from zero to its process, or taken it over from a process
// that is not this one, touches the room, and until it sets it back.
unsafe impl Sync for Shared {}

static ROOM: Shared = Shared(UnsafeCell::new(Room {
    entries: [Entry::EMPTY; THREADS],
    marks: [0; THREADS],
}));
/// Zero, or the process whose thread is writing a report. After a fork the number is another
/// process's, so a child never waits for a writer that it does not have.
static REPORTING: AtomicU32 = AtomicU32::new(0);
/// Somebody asked while a report was being written.
static AGAIN: AtomicBool = AtomicBool::new(false);

/// Writes the report to standard error.
///
/// Blocking: never, except for what the write itself takes. Fork: a child reports on its own
/// thread only.
pub fn report_now() {
    // sync: again, every access is SeqCst: either the writer sees the wish when it has let go of
    // the claim, or who wished sees that the claim is free.
    AGAIN.store(true, Ordering::SeqCst);
    while AGAIN.load(Ordering::SeqCst) && claim() {
        // sync: again, see above.
        AGAIN.store(false, Ordering::SeqCst);
        ROOM.0.with_mut(|room| {
            // SAFETY: the claim makes this thread the only one at the room, and a signal handler
            // that interrupts it here finds the claim taken.
            let room = unsafe { &mut *room };
            let mut out = Stderr::new();
            // Neither the picture nor standard error has errors of its own to report.
            let _ = words::tell(
                &mut out,
                &mut Picture::take(&mut room.entries, &mut room.marks),
            );
            out.flush();
        });
        // sync: again, see above.
        REPORTING.store(0, Ordering::SeqCst);
    }
}

fn claim() -> bool {
    let process = process_id();
    // sync: again, see `report_now`.
    let before = REPORTING.load(Ordering::SeqCst);
    before != process
        && REPORTING
            // sync: again, see `report_now`.
            .compare_exchange(before, process, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
}

/// The report as a text, and the keys of the threads that it shows as waiting. Allocates: not for
/// signal handlers.
///
/// ```
/// let (text, waiting) = ropewalk_census::report_text();
/// assert!(text.starts_with("ropewalk: who waits for what in process"));
/// assert!(waiting.is_empty());
/// ```
#[must_use]
pub fn report_text() -> (String, Vec<usize>) {
    let (mut entries, mut marks) = (vec![Entry::EMPTY; THREADS], vec![0; THREADS]);
    let mut picture = Picture::take(&mut entries, &mut marks);
    let mut text = String::new();
    // A String has no errors.
    let _ = words::tell(&mut text, &mut picture);
    let waiting = picture.entries.iter().filter(|entry| entry.note.is_some());
    (text, waiting.map(|entry| entry.person.key).collect())
}

/// Collects what is written so that lines leave in one piece.
struct Stderr {
    used: usize,
    buffer: [u8; 1024],
}

impl Stderr {
    fn new() -> Self {
        Self {
            used: 0,
            buffer: [0; 1024],
        }
    }

    fn flush(&mut self) {
        write_to_stderr(&self.buffer[..self.used]);
        self.used = 0;
    }
}

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.as_bytes().chunks(self.buffer.len()) {
            if self.used + part.len() > self.buffer.len() {
                self.flush();
            }
            self.buffer[self.used..self.used + part.len()].copy_from_slice(part);
            self.used += part.len();
        }
        Ok(())
    }
}
