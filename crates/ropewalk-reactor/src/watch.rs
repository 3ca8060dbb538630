//! A thread that notices that a loop is blocked, while it is.
//!
//! Promise: it needs nothing of the loop's thread but its [`Pulse`]; it speaks once for each
//! callback that lasts too long, and again each time that the duration has doubled; it ends with
//! the [`Watch`], and a forked child has nothing of it.

use crate::pulse::{Beat, Pulse};
use ropewalk_park::{Deadline, Patience, Uninterrupted, fork_count};
use ropewalk_sync::Event;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Looks per allowed time: a block is told of at most this part of it late.
const LOOKS: u32 = 4;
/// Looking more often than this would cost more than one per cent of a processor.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
/// With a long allowed time, the callback that blocks should still be seen early in its life.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A callback that has lasted for too long and still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which one: [`Pulse::read`] gives the same as long as it runs.
    pub beat: Beat,
    /// For how long it has been seen to run; a little less than it has run.
    pub lasted: Duration,
}

/// The watch over one loop, until it is dropped.
///
/// ```
/// use ropewalk_reactor::{Pulse, Watch};
/// use std::sync::{Arc, mpsc};
/// use std::time::Duration;
///
/// let pulse = Arc::new(Pulse::new());
/// let (sender, blocks) = mpsc::channel();
/// let allowed = Duration::from_millis(20);
/// let watch = Watch::start(&pulse, allowed, move |block| {
///     // Whoever listens may be gone already.
///     let _ = sender.send(block.lasted);
/// })?;
/// pulse.begin(); // a loop does this before each callback
/// assert!(blocks.recv().is_ok_and(|lasted| lasted >= allowed));
/// pulse.rest(); // and this before it waits
/// # drop(watch);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Watch {
    /// Set when the watch ends. Not touched in a forked child, whose copy may be in any state.
    over: Option<Arc<Event>>,
    forks: u32,
}

impl Watch {
    /// Starts the thread. It calls `tell` when a callback has lasted for `allowed`.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        pulse: &Arc<Pulse>,
        allowed: Duration,
        tell: impl FnMut(Block) + Send + 'static,
    ) -> io::Result<Self> {
        let forks = fork_count();
        let over = Arc::new(Event::new());
        let watcher = Watcher {
            pulse: Arc::clone(pulse),
            over: Arc::clone(&over),
            allowed: allowed.max(SHORTEST_PAUSE),
            tell,
        };
        std::thread::Builder::new()
            .name("ropewalk-slow".to_owned())
            .spawn(move || watcher.run())?;
        Ok(Self {
            over: Some(over),
            forks,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let over = self.over.take();
        if self.forks != fork_count() {
            std::mem::forget(over);
        } else if let Some(over) = over {
            over.set();
        }
    }
}

struct Watcher<T> {
    pulse: Arc<Pulse>,
    over: Arc<Event>,
    allowed: Duration,
    tell: T,
}

impl<T: FnMut(Block)> Watcher<T> {
    fn run(mut self) {
        let pause = (self.allowed / LOOKS).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let mut seen = Seen::now(self.pulse.read(), self.allowed);
        loop {
            let end = Patience::Until(Deadline::after(pause));
            let Ok(over) = self.over.wait(end, &mut Uninterrupted);
            if over {
                return;
            }
            let beat = self.pulse.read();
            if beat != seen.beat || !beat.is_busy() {
                seen = Seen::now(beat, self.allowed);
            } else if let Some(lasted) = seen.overdue() {
                (self.tell)(Block { beat, lasted });
            }
        }
    }
}

/// A beat, and what is known of it.
struct Seen {
    beat: Beat,
    first: Instant,
    /// How long it may last before it is told of.
    limit: Duration,
}

impl Seen {
    fn now(beat: Beat, limit: Duration) -> Self {
        Self {
            beat,
            first: Instant::now(),
            limit,
        }
    }

    /// How long it has lasted, if that is to be told; the next time is at twice that.
    fn overdue(&mut self) -> Option<Duration> {
        let lasted = self.first.elapsed();
        if lasted < self.limit {
            return None;
        }
        while self.limit <= lasted {
            self.limit = self.limit.saturating_mul(2);
        }
        Some(lasted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Pulse, Watch};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    const ALLOWED: Duration = Duration::from_millis(10);

    fn watched() -> (Arc<Pulse>, Watch, mpsc::Receiver<Block>) {
        let pulse = Arc::new(Pulse::new());
        let (sender, blocks) = mpsc::channel();
        let watch = Watch::start(&pulse, ALLOWED, move |block| {
            let _ = sender.send(block);
        });
        (pulse, watch.expect("a thread"), blocks)
    }

    #[test]
    fn a_block_is_told_while_it_lasts_and_again_when_it_has_doubled() {
        let (pulse, _watch, blocks) = watched();
        pulse.begin();
        let first = blocks.recv().expect("told");
        assert_eq!(first.beat, pulse.read());
        assert!(first.lasted >= ALLOWED);
        let second = blocks.recv().expect("told again");
        assert_eq!(second.beat, first.beat);
        assert!(second.lasted >= ALLOWED * 2);
    }

    #[test]
    fn another_callback_is_another_block() {
        let (pulse, _watch, blocks) = watched();
        pulse.begin();
        let first = blocks.recv().expect("told");
        pulse.begin();
        let second = loop {
            let block = blocks.recv().expect("told");
            if block.beat != first.beat {
                break block;
            }
        };
        assert_eq!(second.beat, pulse.read());
    }

    #[test]
    fn nothing_is_told_of_a_loop_that_waits_and_the_thread_ends_with_the_watch() {
        let (pulse, watch, blocks) = watched();
        pulse.rest();
        assert!(blocks.recv_timeout(ALLOWED * 10).is_err());
        drop(watch);
        // The sender is dropped with the thread.
        assert!(blocks.recv().is_err());
    }
}
