//! Several futures at once. Promise: the results come in the order of the futures, whatever the
//! order in which they end; only those are looked at again that were woken.

use ropewalk_park::ShortLock;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Who was woken since the last look, and who looks.
#[derive(Debug, Default)]
struct Woken {
    numbers: Vec<usize>,
    looking: Option<Waker>,
}

/// Wakes one of the futures.
#[derive(Debug)]
struct One {
    number: usize,
    woken: Arc<ShortLock<Woken>>,
}

impl Wake for One {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut woken = self.woken.lock();
        woken.numbers.push(self.number);
        let looking = woken.looking.take();
        drop(woken);
        if let Some(waker) = looking {
            waker.wake();
        }
    }
}

/// Lets several futures run side by side and gives all their results.
///
/// They run as part of the caller: when it is dropped, so are they. To let them go on by
/// themselves, give it tasks.
///
/// ```
/// use ropewalk::asyncio::{gather, run, yield_now};
///
/// let squares = run(gather((1..=3).map(|n| async move {
///     yield_now().await;
///     n * n
/// })));
/// assert_eq!(squares, [1, 4, 9]);
/// ```
pub async fn gather<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let woken = Arc::new(ShortLock::new(Woken::default()));
    let mut waiting: Vec<Option<(Pin<Box<F>>, Waker)>> = futures
        .into_iter()
        .enumerate()
        .map(|(number, future)| {
            let woken = Arc::clone(&woken);
            let waker = Waker::from(Arc::new(One { number, woken }));
            Some((Box::pin(future), waker))
        })
        .collect();
    let mut results: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    let mut left = waiting.len();
    woken.lock().numbers = (0..left).collect();
    poll_fn(|context| {
        let mut now = woken.lock();
        let old = now.looking.replace(context.waker().clone());
        let numbers = std::mem::take(&mut now.numbers);
        drop(now);
        drop(old);
        for number in numbers {
            let Some((future, waker)) = &mut waiting[number] else {
                continue;
            };
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(waker)) {
                results[number] = Some(value);
                waiting[number] = None;
                left -= 1;
            }
        }
        if left == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    results.into_iter().flatten().collect()
}
