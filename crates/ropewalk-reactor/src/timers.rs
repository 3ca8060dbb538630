//! What runs when a time has come.
//!
//! Promise: what is due comes in the order of its times, and for equal times in the order that
//! Python's `heapq` gives, for asyncio's own loop takes it in that order: it is the same heap, entry
//! by entry. So a cancelled entry keeps its place until it is at the head or until more than half of
//! all are cancelled; only what it holds may go before.

/// No sweep while there are no more entries than this; asyncio's `_MIN_SCHEDULED_TIMER_HANDLES`.
const WORTH_A_SWEEP: usize = 100;

/// One entry.
#[derive(Debug)]
struct Timer<T, W> {
    when: W,
    /// None: it was cancelled, and only its place is left.
    item: Option<T>,
}

impl<T, W: PartialOrd> Timer<T, W> {
    /// Equal times are not before each other, and what is not a number is before nothing.
    #[inline]
    fn before(&self, other: &Self) -> bool {
        self.when < other.when
    }
}

/// Entries by time, that of a clock which the caller reads.
#[derive(Debug)]
pub struct Timers<T, W> {
    heap: Vec<Timer<T, W>>,
    /// Where the last one was put, which may be another one's place by now.
    newest: usize,
    cancelled: usize,
}

impl<T, W> Default for Timers<T, W> {
    fn default() -> Self {
        Self {
            heap: Vec::new(),
            newest: 0,
            cancelled: 0,
        }
    }
}

impl<T, W: PartialOrd + Copy> Timers<T, W> {
    /// Puts an entry.
    #[inline]
    pub fn put(&mut self, when: W, item: T) {
        let item = Some(item);
        self.heap.push(Timer { when, item });
        self.newest = self.rise(0, self.heap.len() - 1);
    }

    /// The earliest time.
    #[inline]
    #[must_use]
    pub fn next(&self) -> Option<W> {
        self.heap.first().map(|timer| timer.when)
    }

    /// Takes the earliest entry if its time has come.
    #[inline]
    pub fn take_due(&mut self, has_come: impl Fn(W) -> bool) -> Option<T> {
        while has_come(self.next()?) {
            // What was cancelled and has gone already would not run.
            if let Some(item) = self.take_first() {
                return Some(item);
            }
        }
        None
    }

    /// Removes the earliest entry; what it holds.
    fn take_first(&mut self) -> Option<T> {
        if self.heap.is_empty() {
            return None;
        }
        let first = self.heap.swap_remove(0);
        self.sink(0);
        first.item
    }

    /// Notes that an entry was cancelled; gives back what it holds if that costs nothing.
    #[inline]
    pub fn cancel(&mut self, is_it: impl FnOnce(&T) -> bool) -> Option<T> {
        self.cancelled += 1;
        // Whoever sets a time limit that is not reached mostly cancels the newest entry.
        let newest = self.heap.get_mut(self.newest)?;
        newest.item.take_if(|item| is_it(item))
    }

    /// How many are noted as cancelled and still here.
    #[must_use]
    pub fn cancelled(&self) -> usize {
        self.cancelled
    }

    /// Sets that number right.
    pub fn set_cancelled(&mut self, count: usize) {
        self.cancelled = count;
    }

    /// What comes before a look at the clock: cancelled entries are removed, those at the head or,
    /// when they are more than half of many, all. The caller drops what they held when it holds no
    /// lock.
    #[must_use]
    pub fn forget_cancelled(&mut self, is_cancelled: impl Fn(&T) -> bool) -> Vec<T> {
        let goes = |timer: &Timer<T, W>| timer.item.as_ref().is_none_or(&is_cancelled);
        let mut gone = Vec::new();
        if self.heap.len() > WORTH_A_SWEEP && self.cancelled > self.heap.len() / 2 {
            let swept = self.heap.extract_if(.., |timer| goes(timer));
            gone.extend(swept.filter_map(|timer| timer.item));
            for index in (0..self.heap.len() / 2).rev() {
                self.sink(index);
            }
            self.cancelled = 0;
        } else {
            while self.heap.first().is_some_and(&goes) {
                self.cancelled = self.cancelled.saturating_sub(1);
                gone.extend(self.take_first());
            }
        }
        gone
    }

    /// How many there are, cancelled ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// What the entries hold, in no particular order, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.heap.iter().filter_map(|timer| timer.item.as_ref())
    }

    /// Takes all of them, in the order of the heap, each with its time; none is noted as cancelled
    /// any more. The caller drops them when it holds no lock.
    #[must_use]
    pub fn take_all(&mut self) -> Vec<(W, Option<T>)> {
        self.cancelled = 0;
        std::mem::take(&mut self.heap)
            .into_iter()
            .map(|timer| (timer.when, timer.item))
            .collect()
    }

    /// Moves an entry up to its place, no further than `top`: `heapq`'s `_siftdown`.
    #[inline]
    fn rise(&mut self, top: usize, mut index: usize) -> usize {
        while index > top {
            let parent = (index - 1) / 2;
            if !self.heap[index].before(&self.heap[parent]) {
                break;
            }
            self.heap.swap(index, parent);
            index = parent;
        }
        index
    }

    /// Moves an entry down to its place: `heapq`'s `_siftup`, which goes down to the end and up
    /// again, and where two are for one time takes the right one.
    fn sink(&mut self, top: usize) {
        let mut index = top;
        loop {
            let left = 2 * index + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let takes_right = right < self.heap.len() && !self.heap[left].before(&self.heap[right]);
            let child = if takes_right { right } else { left };
            self.heap.swap(index, child);
            index = child;
        }
        self.rise(top, index);
    }
}

/// The first nanosecond at which a clock that reads nanoseconds and shows seconds shows at least
/// `seconds`. Not a number is any time: at once.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a cast saturates, which is what is wanted; the loss is made good below"
)]
pub fn nanos_from_seconds(seconds: f64) -> i64 {
    if seconds.is_nan() {
        return i64::MIN;
    }
    let mut nanos = (seconds * 1e9) as i64;
    // The cast goes down, and so may the multiplication.
    while nanos < i64::MAX && (nanos as f64) / 1e9 < seconds {
        nanos = nanos.saturating_add(1.max(nanos.unsigned_abs() >> 52).cast_signed());
    }
    nanos
}
