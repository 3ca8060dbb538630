//! Who waits for what: the register behind a hang report.
//!
//! Promise: a thread writes here only when it is about to sleep; anybody can read at any moment,
//! a signal handler included, without allocating, without a lock and without the interpreter.
//!
//! Each thread has one record (`record.rs`) in a list that never shrinks (`register.rs`). Reading
//! them all gives a picture (`picture.rs`), in which each waiting thread points at the one that
//! holds what it waits for; a circle of such pointers (`cycle.rs`) is a deadlock.
//!
//! ```
//! use ropewalk_census::{Holder, Waiting};
//!
//! let noted = ropewalk_census::note(&Waiting {
//!     kind: "Lock",
//!     object: 0x1000,
//!     what: "Lock made at bank.rs:12",
//!     place: "bank.rs:40 in transfer",
//!     holder: Holder::Anyone,
//!     timed: false,
//! });
//! // ... here the thread sleeps ...
//! let (text, _) = ropewalk_census::report_text();
//! assert!(text.contains("waits for Lock made at bank.rs:12"));
//! assert!(text.contains("at bank.rs:40 in transfer"));
//! drop(noted);
//! ```

#![cfg(not(loom))]

mod cycle;
mod note;
mod picture;
mod record;
mod register;
mod report;
mod text;
mod watch;
mod words;

pub use note::{Holder, KIND_BYTES, NAME_BYTES, PLACE_BYTES, WHAT_BYTES};
pub use register::{Noted, name_thread};
pub use report::{report_now, report_text};
pub use ropewalk_sys::{QUIT, call_on_quit, quit_is_undecided};
pub use text::Text;
pub use watch::watch_main_thread;

/// A wait that is about to begin. Texts that are too long for the record are cut.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// `Lock`, `Queue.get`, `Thread.join` ...: the class, or the method of it that waits.
    pub kind: &'a str,
    /// Address of the object; threads that give the same one wait for the same thing. Zero: none.
    pub object: usize,
    /// The object in words: `Lock made at bank.py:12`.
    pub what: &'a str,
    /// Where the thread stands: `bank.py:40 in transfer`.
    pub place: &'a str,
    /// Who could end the wait. A cell has to stay where it is for as long as this wait is noted.
    pub holder: Holder,
    /// Whether the wait ends by itself at some time.
    pub timed: bool,
}

/// Notes that this thread begins to wait, until the result is dropped. Inside another wait of the
/// same thread (a signal handler that waits) this one is shown, and then the outer one again.
pub fn note(waiting: &Waiting<'_>) -> Noted {
    register::begin(&note::Note {
        kind: Text::of(waiting.kind),
        what: Text::of(waiting.what),
        place: Text::of(waiting.place),
        object: waiting.object,
        holder: waiting.holder,
        timed: waiting.timed,
        since: ropewalk_sys::monotonic_nanos(),
    })
}

/// Makes the register ready to be read inside a signal handler: call it before installing one.
pub fn prepare() {
    // The first call registers the counter with the system, which a signal handler must not do.
    let _ = ropewalk_sys::fork_count();
}
