//! Several futures at once. Promise: the results come in the order of the futures, whatever the
//! order in which they end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

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
    let mut waiting: Vec<Option<Pin<Box<F>>>> = futures
        .into_iter()
        .map(|future| Some(Box::pin(future)))
        .collect();
    let mut results: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut left = false;
        for (place, result) in waiting.iter_mut().zip(&mut results) {
            let Some(future) = place else { continue };
            match future.as_mut().poll(context) {
                Poll::Ready(value) => {
                    *result = Some(value);
                    *place = None;
                }
                Poll::Pending => left = true,
            }
        }
        if left { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    results.into_iter().flatten().collect()
}
