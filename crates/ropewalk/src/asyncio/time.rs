//! Time. Promise: nothing wakes before its time, and a sleep that is dropped leaves the loop's heap.

use super::event_loop::{Alarm, Loop};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Done at a moment; made by [`sleep`] and [`sleep_until`].
pub struct Sleep {
    until: Option<Instant>,
    set: Option<(Rc<Alarm>, Weak<Loop>)>,
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else {
            return Poll::Pending;
        };
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        match &self.set {
            Some((alarm, ..)) if !alarm.rung.get() => {
                *alarm.waker.borrow_mut() = Some(context.waker().clone());
            }
            _ => {
                let here = Loop::current();
                let alarm = Rc::new(Alarm::default());
                *alarm.waker.borrow_mut() = Some(context.waker().clone());
                here.ring_at(until, Rc::clone(&alarm));
                self.set = Some((alarm, Rc::downgrade(&here)));
            }
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some((alarm, home)) = self.set.take() else {
            return;
        };
        let waker = alarm.waker.take();
        drop(waker);
        if let (false, Some(home)) = (alarm.rung.get(), home.upgrade()) {
            home.forget(&alarm);
        }
    }
}

/// Waits for `duration`; longer than the clock can tell is for ever.
///
/// ```
/// use ropewalk::asyncio::{run, sleep};
/// use std::time::{Duration, Instant};
///
/// let begin = Instant::now();
/// run(sleep(Duration::from_millis(2)));
/// assert!(begin.elapsed() >= Duration::from_millis(2));
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep {
        until: Instant::now().checked_add(duration),
        set: None,
    }
}

/// Waits until a moment.
#[must_use = "a future does nothing until it is awaited"]
pub fn sleep_until(moment: Instant) -> Sleep {
    Sleep {
        until: Some(moment),
        set: None,
    }
}

/// The time given to [`timeout`] was over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was over before it was done")
    }
}

impl std::error::Error for TimedOut {}

/// Waits for a future, but no longer than `duration`; then it is dropped where it stands.
///
/// ```
/// use ropewalk::asyncio::{TimedOut, run, sleep, timeout};
/// use std::time::Duration;
///
/// let outcome = run(timeout(Duration::from_millis(2), sleep(Duration::from_secs(3600))));
/// assert_eq!(outcome, Err(TimedOut));
/// ```
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, TimedOut> {
    let mut future = pin!(future);
    let mut end = pin!(sleep(duration));
    poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(value));
        }
        end.as_mut().poll(context).map(|()| Err(TimedOut))
    })
    .await
}

/// Lets every other task that can run have its turn.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
