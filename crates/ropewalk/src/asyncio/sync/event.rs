//! Events. Promise: who waits when the event is set goes on, even if it is cleared at once.

use ropewalk_park::ShortLock;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[derive(Debug, Default)]
struct Flag {
    set: bool,
    /// Counts how often it was set: who waited before a set went on with it.
    sets: u64,
    wakers: Vec<Waker>,
}

/// A flag that tasks wait for.
///
/// ```
/// use ropewalk::asyncio::{Event, create_task, run};
/// use std::rc::Rc;
///
/// run(async {
///     let event = Rc::new(Event::new());
///     let waiting = create_task({
///         let event = Rc::clone(&event);
///         async move { event.wait().await }
///     });
///     event.set();
///     waiting.await.unwrap();
/// });
/// ```
#[derive(Debug, Default)]
pub struct Event(ShortLock<Flag>);

struct Wait<'a> {
    event: &'a Event,
    since: Option<u64>,
}

impl Event {
    /// Not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it and lets everyone go on who waits.
    pub fn set(&self) {
        let mut state = self.0.lock();
        if state.set {
            return;
        }
        state.set = true;
        state.sets += 1;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Lets later waits wait again.
    pub fn clear(&self) {
        self.0.lock().set = false;
    }

    /// Whether it is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.lock().set
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        let wait = Wait {
            event: self,
            since: None,
        };
        wait.await;
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.event.0.lock();
        if state.set || self.since.is_some_and(|since| since != state.sets) {
            return Poll::Ready(());
        }
        let known = state
            .wakers
            .iter()
            .any(|waker| waker.will_wake(context.waker()));
        if !known {
            state.wakers.push(context.waker().clone());
        }
        let since = state.sets;
        drop(state);
        self.since = Some(since);
        Poll::Pending
    }
}
