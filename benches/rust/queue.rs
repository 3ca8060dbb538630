//! The queues against std's channel, crossbeam's channel, and a deque behind a mutex.
//!
//! Promise: all of them run the same code through one trait. std's receiver is for one thread at a
//! time, so it stands behind a mutex here; that is what several consumers would have to write.

use criterion::{BenchmarkId, Criterion, Throughput};
use ropewalk::queue::{LifoQueue, PriorityQueue, Queue, SimpleQueue};
use ropewalk_benches::time_threads;
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::{Condvar, Mutex, mpsc};
use std::time::Duration;

/// Items that one measured turn moves through a queue; waking threads is a small part of it.
const ITEMS: u64 = 20_000;

/// The bound of the bounded queues: small, so that putting has to wait often.
const BOUND: usize = 100;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for_each_channel(|name, channel| one_thread(&mut criterion, name, channel));
    for (title, pairs) in [("1 to 1", 1), ("2 to 2", 2)] {
        for_each_channel(|name, channel| throughput(&mut criterion, title, pairs, name, channel));
    }
    for (name, channel) in bounded_channels() {
        throughput(&mut criterion, "1 to 1, bound 100", 1, name, &*channel);
    }
    for_each_channel(|name, _| round_trip(&mut criterion, name));
    criterion.final_summary();
}

/// What is measured: putting and getting, both waiting if they must.
trait Channel: Sync {
    fn put(&self, item: u64);
    fn get(&self) -> u64;
}

fn one_thread(criterion: &mut Criterion, name: &str, channel: &dyn Channel) {
    let mut group = criterion.benchmark_group("put+get, one thread");
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            channel.put(1);
            channel.get()
        });
    });
    group.finish();
}

fn throughput(
    criterion: &mut Criterion,
    title: &str,
    pairs: u64,
    name: &str,
    channel: &dyn Channel,
) {
    let mut group = criterion.benchmark_group(title);
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter_custom(|turns| (0..turns).map(|_| transfer(channel, pairs)).sum());
    });
    group.finish();
}

/// `pairs` producers and as many consumers move [`ITEMS`] items altogether.
fn transfer(channel: &dyn Channel, pairs: u64) -> Duration {
    let share = ITEMS / pairs;
    let mut workers: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
    for _ in 0..pairs {
        workers.push(Box::new(move || {
            (0..share).for_each(|item| channel.put(item));
        }));
        workers.push(Box::new(move || {
            (0..share).for_each(|_| _ = black_box(channel.get()));
        }));
    }
    time_threads(workers)
}

/// Two threads hand an item to and fro; each sleeps while the other has it.
fn round_trip(criterion: &mut Criterion, name: &str) {
    let (there, back) = (channel(name), channel(name));
    let mut group = criterion.benchmark_group("blocking round trip");
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|turns| {
            time_threads(vec![
                Box::new(|| {
                    for number in 0..turns {
                        there.put(number);
                        back.get();
                    }
                }),
                Box::new(|| (0..turns).for_each(|_| back.put(there.get()))),
            ])
        });
    });
    group.finish();
}

const NAMES: [&str; 7] = [
    "ropewalk Queue",
    "ropewalk LifoQueue",
    "ropewalk PriorityQueue",
    "ropewalk SimpleQueue",
    "std mpsc",
    "crossbeam-channel",
    "Mutex<VecDeque>",
];

fn for_each_channel(mut measure: impl FnMut(&str, &dyn Channel)) {
    for name in NAMES {
        measure(name, &*channel(name));
    }
}

/// An empty channel without a bound.
fn channel(name: &str) -> Box<dyn Channel> {
    match name {
        "ropewalk Queue" => Box::new(Queue::new()),
        "ropewalk LifoQueue" => Box::new(LifoQueue::new()),
        "ropewalk PriorityQueue" => Box::new(PriorityQueue::new()),
        "ropewalk SimpleQueue" => Box::new(SimpleQueue::new()),
        "std mpsc" => Box::new(StdChannel::new()),
        "crossbeam-channel" => Box::new(crossbeam_channel::unbounded()),
        "Mutex<VecDeque>" => Box::new(Deque::default()),
        _ => unreachable!("all names are in NAMES"),
    }
}

fn bounded_channels() -> [(&'static str, Box<dyn Channel>); 3] {
    [
        ("ropewalk Queue", Box::new(Queue::bounded(BOUND))),
        ("std mpsc", Box::new(StdBoundedChannel::new())),
        (
            "crossbeam-channel",
            Box::new(crossbeam_channel::bounded(BOUND)),
        ),
    ]
}

/// Implements [`Channel`] for ropewalk's queues, which share their methods' names.
macro_rules! ropewalk_channel {
    ($($queue:ty),*) => {$(
        impl Channel for $queue {
            fn put(&self, item: u64) {
                <$queue>::put(self, item).expect("the queue is open");
            }

            fn get(&self) -> u64 {
                <$queue>::get(self).expect("the queue is open")
            }
        }
    )*};
}

ropewalk_channel!(Queue<u64>, LifoQueue<u64>, PriorityQueue<u64>);

impl Channel for SimpleQueue<u64> {
    fn put(&self, item: u64) {
        Self::put(self, item);
    }

    fn get(&self) -> u64 {
        Self::get(self)
    }
}

struct StdChannel {
    sender: mpsc::Sender<u64>,
    receiver: Mutex<mpsc::Receiver<u64>>,
}

impl StdChannel {
    fn new() -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            sender,
            receiver: Mutex::new(receiver),
        }
    }
}

impl Channel for StdChannel {
    fn put(&self, item: u64) {
        self.sender.send(item).expect("the receiver lives");
    }

    fn get(&self) -> u64 {
        let receiver = self.receiver.lock().expect("no thread panicked");
        receiver.recv().expect("the sender lives")
    }
}

struct StdBoundedChannel {
    sender: mpsc::SyncSender<u64>,
    receiver: Mutex<mpsc::Receiver<u64>>,
}

impl StdBoundedChannel {
    fn new() -> Self {
        let (sender, receiver) = mpsc::sync_channel(BOUND);
        Self {
            sender,
            receiver: Mutex::new(receiver),
        }
    }
}

impl Channel for StdBoundedChannel {
    fn put(&self, item: u64) {
        self.sender.send(item).expect("the receiver lives");
    }

    fn get(&self) -> u64 {
        let receiver = self.receiver.lock().expect("no thread panicked");
        receiver.recv().expect("the sender lives")
    }
}

type Crossbeam = (
    crossbeam_channel::Sender<u64>,
    crossbeam_channel::Receiver<u64>,
);

impl Channel for Crossbeam {
    fn put(&self, item: u64) {
        self.0.send(item).expect("the receiver lives");
    }

    fn get(&self) -> u64 {
        self.1.recv().expect("the sender lives")
    }
}

/// What one would write first.
#[derive(Default)]
struct Deque {
    items: Mutex<VecDeque<u64>>,
    not_empty: Condvar,
}

impl Channel for Deque {
    fn put(&self, item: u64) {
        self.items
            .lock()
            .expect("no thread panicked")
            .push_back(item);
        self.not_empty.notify_one();
    }

    fn get(&self) -> u64 {
        let mut items = self.items.lock().expect("no thread panicked");
        loop {
            if let Some(item) = items.pop_front() {
                return item;
            }
            items = self.not_empty.wait(items).expect("no thread panicked");
        }
    }
}
