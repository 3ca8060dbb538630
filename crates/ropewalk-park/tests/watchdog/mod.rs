//! Promise: a test that waits for something that never comes ends, with a message. The other
//! crates' tests name this file by its path.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Far longer than any test takes on the slowest machine; not a measure of anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the process unless it is dropped in time.
pub(crate) struct Watchdog(
    #[expect(dead_code, reason = "dropping it is the sign of life")] Sender<()>,
);

impl Watchdog {
    pub(crate) fn new() -> Self {
        let (alive, watch) = channel();
        thread::spawn(move || {
            if watch.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("a thread still waits: ending the test");
                std::process::abort();
            }
        });
        Self(alive)
    }
}
