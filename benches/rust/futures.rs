//! Executors beside rayon's pool and beside one thread per call.
//!
//! Promise: each subject runs the same calls and hands every result back to the thread that asks.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ropewalk::futures::{Future, ThreadPoolExecutor, as_completed};
use std::hint::black_box;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// So many calls make a burst: enough that starting and ending it does not count.
const BURST: u64 = 1_000;
/// As many workers as the smallest machine this runs on has cores.
const WORKERS: usize = 2;

/// One call of rayon's pool whose result is asked for, which takes a channel there.
fn through_rayon(pool: &rayon::ThreadPool, number: u64) -> Receiver<u64> {
    let (sender, receiver) = channel();
    pool.spawn(move || {
        // Nobody drops the receiver before it has the result.
        let _ = sender.send(black_box(number) + 1);
    });
    receiver
}

fn rayon_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(WORKERS)
        .build()
        .expect("threads can be started")
}

fn bursts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1,000 calls, then their results");
    let executor = ThreadPoolExecutor::new(WORKERS);
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| {
            let call = |number| executor.submit(move || black_box(number) + 1);
            let futures: Vec<_> = (0..BURST).map(call).collect();
            futures
                .into_iter()
                .filter_map(|future| future.result().ok())
                .sum::<u64>()
        });
    });
    let pool = rayon_pool();
    group.bench_function("rayon and a channel each", |bencher| {
        bencher.iter(|| {
            let all: Vec<_> = (0..BURST)
                .map(|number| through_rayon(&pool, number))
                .collect();
            all.into_iter()
                .filter_map(|one| one.recv().ok())
                .sum::<u64>()
        });
    });
    group.bench_function("a thread each", |bencher| {
        bencher.iter(|| {
            let start = |number| thread::spawn(move || black_box(number) + 1);
            let threads: Vec<_> = (0..BURST).map(start).collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .sum::<u64>()
        });
    });
    group.finish();
}

fn round_trips(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one call and its result");
    let executor = ThreadPoolExecutor::new(1);
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| executor.submit(|| black_box(1)).result().ok());
    });
    let pool = rayon_pool();
    group.bench_function("rayon and a channel", |bencher| {
        bencher.iter(|| through_rayon(&pool, 1).recv().ok());
    });
    group.bench_function("a thread", |bencher| {
        bencher.iter(|| thread::spawn(|| black_box(1)).join().ok());
    });
    group.finish();
}

fn completions(criterion: &mut Criterion) {
    let executor = ThreadPoolExecutor::new(WORKERS);
    let done = || -> Vec<Future<u64>> {
        let futures: Vec<_> = (0..BURST).map(|n| executor.submit(move || n)).collect();
        let all = ropewalk::futures::Until::All;
        let _ = ropewalk::futures::wait(&futures, all, ropewalk::Patience::Forever);
        futures
    };
    criterion.bench_function("as_completed over 1,000 done", |bencher| {
        bencher.iter_batched(
            done,
            |futures| as_completed(futures).count(),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, bursts, round_trips, completions);
criterion_main!(benches);
