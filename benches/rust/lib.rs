//! What the benchmarks share: running a few threads that all begin at once, and timing them.
//!
//! Promise: the time runs from the moment the first thread passes the gate to the moment the last
//! one has finished. The threads read the clock themselves: a thread that only watched might get
//! its turn on a busy machine when most of the work is done.

pub mod words;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Runs the workers side by side, each on its own thread, and returns how long they took together.
///
/// # Panics
///
/// Panics if there is no worker, or if one panics.
#[must_use]
pub fn time_threads(workers: Vec<Box<dyn FnOnce() + Send + '_>>) -> Duration {
    let gate = Barrier::new(workers.len());
    let (starts, ends): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|worker| {
                scope.spawn(|| {
                    gate.wait();
                    let started = Instant::now();
                    worker();
                    (started, Instant::now())
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a benchmark's worker panicked"))
            .unzip()
    });
    let first = starts.into_iter().min().expect("there is a worker");
    let last = ends.into_iter().max().expect("there is a worker");
    last - first
}
