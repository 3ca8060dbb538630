//! Waiting for several futures at once.

use super::executor::WaitingWorker;
use super::future::Future;
use ropewalk_future::{Gate, Patience, Uninterrupted, Until};
use std::sync::Arc;

/// Waits until one, one that panicked, or all of these futures are done, as long as `patience`
/// lasts; true when they were.
///
/// ```
/// use ropewalk::Patience;
/// use ropewalk::futures::{ThreadPoolExecutor, Until, wait};
///
/// let executor = ThreadPoolExecutor::new(2);
/// let futures = [executor.submit(|| 1), executor.submit(|| 2)];
/// assert!(wait(&futures, Until::All, Patience::Forever));
/// assert!(futures.iter().all(|future| future.is_done()));
/// ```
#[must_use = "false means that time ran out"]
pub fn wait<T: Send + 'static>(futures: &[Future<T>], until: Until, patience: Patience) -> bool {
    let gate = Arc::new(Gate::new(until, futures.len()));
    watch(futures, &gate);
    let _waiting = WaitingWorker::of(futures.iter(), until, patience);
    let Ok(open) = gate.wait(patience, &mut Uninterrupted);
    for future in futures {
        future.life.unwatch(&gate);
    }
    open
}

fn watch<T>(futures: &[Future<T>], gate: &Arc<Gate>) {
    for (key, future) in futures.iter().enumerate() {
        future.life.watch(gate, key);
    }
}

/// Futures in the order in which they are done.
#[derive(Debug)]
pub struct AsCompleted<T> {
    futures: Vec<Option<Future<T>>>,
    gate: Arc<Gate>,
    reported: std::vec::IntoIter<usize>,
    left: usize,
}

/// Gives the futures out in the order in which they are done.
///
/// ```
/// use ropewalk::futures::{ThreadPoolExecutor, as_completed};
///
/// let executor = ThreadPoolExecutor::new(2);
/// let futures = (1..=3).map(|n| executor.submit(move || n)).collect();
/// let sum: u32 = as_completed(futures).map(|future| future.result().unwrap()).sum();
/// assert_eq!(sum, 6);
/// ```
#[must_use]
pub fn as_completed<T>(futures: Vec<Future<T>>) -> AsCompleted<T> {
    let gate = Arc::new(Gate::new(Until::Any, futures.len()));
    watch(&futures, &gate);
    AsCompleted {
        left: futures.len(),
        futures: futures.into_iter().map(Some).collect(),
        gate,
        reported: Vec::new().into_iter(),
    }
}

impl<T: Send + 'static> Iterator for AsCompleted<T> {
    type Item = Future<T>;

    fn next(&mut self) -> Option<Future<T>> {
        if self.left == 0 {
            return None;
        }
        loop {
            let reported = self.reported.next();
            if let Some(future) = reported.and_then(|key| self.futures[key].take()) {
                self.left -= 1;
                return Some(future);
            }
            let unfinished = self.futures.iter().flatten();
            let _waiting = WaitingWorker::of(unfinished, Until::Any, Patience::Forever);
            let Ok(_) = self.gate.wait(Patience::Forever, &mut Uninterrupted);
            self.reported = self.gate.take().into_iter();
        }
    }
}
