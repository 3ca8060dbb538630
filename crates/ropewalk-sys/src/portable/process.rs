//! What `process/inspect.rs`, `quit.rs` and `pidfd.rs` there offer, where there is no Linux kernel.
//! Promise: the same names; they know less, and the answer says so.

use std::io::Write as _;

/// Always zero: every wait looks as if it had just begun.
#[must_use]
pub fn monotonic_nanos() -> u64 {
    0
}

/// This process.
#[must_use]
pub fn process_id() -> u32 {
    std::process::id()
}

/// Always zero: not known, and never the main thread's.
#[must_use]
pub fn native_thread_id() -> u32 {
    0
}

/// Writes all of it to standard error, as far as somebody takes it.
pub fn write_to_stderr(bytes: &[u8]) {
    // A report that nobody can read has nobody to complain to.
    let _ = std::io::stderr().write_all(bytes);
}

/// No signal.
pub const QUIT: i32 = 0;

/// Always false: the signal is left alone.
#[must_use]
pub fn quit_is_undecided() -> bool {
    false
}

/// Always false: the signal is left alone.
#[must_use]
pub fn call_on_quit(_at_once: fn(), _in_main_thread: fn()) -> bool {
    false
}

/// How a child of this process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It called exit with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

/// Not offered here; nobody can make one.
#[derive(Debug)]
pub struct PidFd(std::convert::Infallible);

impl PidFd {
    /// Always an error.
    ///
    /// # Errors
    /// `Unsupported`.
    pub fn open(_process: u32) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn reap(&self) -> std::io::Result<Option<Ended>> {
        match self.0 {}
    }

    /// Always false.
    #[must_use]
    pub fn is_offered() -> bool {
        false
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for PidFd {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        match self.0 {}
    }
}
