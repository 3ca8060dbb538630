//! What the benchmarks share: running a few threads that all begin at once, and timing them.
//!
//! Promise: the clock starts when every thread stands at the gate and stops when the last one has
//! finished, so starting threads is not part of any figure.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Runs the workers side by side, each on its own thread, and returns how long they took together.
///
/// # Panics
///
/// Panics if a worker panics.
#[must_use]
pub fn time_threads(workers: Vec<Box<dyn FnOnce() + Send + '_>>) -> Duration {
    let gate = Barrier::new(workers.len() + 1);
    thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|worker| {
                scope.spawn(|| {
                    gate.wait();
                    worker();
                })
            })
            .collect();
        gate.wait();
        let started = Instant::now();
        for thread in running {
            thread.join().expect("a benchmark's worker panicked");
        }
        started.elapsed()
    })
}
