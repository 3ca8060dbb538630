//! Tasks on one thread beside tokio's current-thread runtime and its local set.
//!
//! Promise: each subject runs the same number of tasks, turns, items or messages.

use criterion::{Criterion, criterion_group, criterion_main};
use ropewalk::asyncio::{self, Queue, UnixStream, create_task, yield_now};
use std::hint::black_box;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Enough that starting and ending a loop, which each round does, does not count for much.
const MANY: u64 = 10_000;
/// Messages there and back: each costs four system calls.
const MESSAGES: usize = 1_000;
/// Bytes of a message.
const SIZE: usize = 1024;

fn through_tokio<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime can be made");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

fn tasks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 tasks, then their results");
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| {
            asyncio::run(async {
                let create = |number| create_task(async move { black_box(number) + 1 });
                let tasks: Vec<_> = (0..MANY).map(create).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.unwrap_or(0);
                }
                sum
            })
        });
    });
    group.bench_function("tokio, spawn_local", |bencher| {
        bencher.iter(|| {
            through_tokio(async {
                let create =
                    |number| tokio::task::spawn_local(async move { black_box(number) + 1 });
                let tasks: Vec<_> = (0..MANY).map(create).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.unwrap_or(0);
                }
                sum
            })
        });
    });
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 turns of one task");
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| {
            asyncio::run(async {
                for _ in 0..MANY {
                    yield_now().await;
                }
            });
        });
    });
    group.bench_function("tokio", |bencher| {
        bencher.iter(|| {
            through_tokio(async {
                for _ in 0..MANY {
                    tokio::task::yield_now().await;
                }
            });
        });
    });
}

fn items(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 items through a queue of 100");
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| {
            asyncio::run(async {
                let queue = Rc::new(Queue::bounded(100));
                let putting = Rc::clone(&queue);
                create_task(async move {
                    for number in 0..MANY {
                        if putting.put(number).await.is_err() {
                            break;
                        }
                    }
                    putting.shutdown();
                });
                let mut sum = 0;
                while let Ok(number) = queue.get().await {
                    sum += number;
                }
                sum
            })
        });
    });
    group.bench_function("tokio, mpsc", |bencher| {
        bencher.iter(|| {
            through_tokio(async {
                let (sender, mut receiver) = tokio::sync::mpsc::channel(100);
                tokio::task::spawn_local(async move {
                    for number in 0..MANY {
                        if sender.send(number).await.is_err() {
                            break;
                        }
                    }
                });
                let mut sum = 0;
                while let Some(number) = receiver.recv().await {
                    sum += number;
                }
                sum
            })
        });
    });
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1,000 messages of 1 KiB there and back");
    group.bench_function("ropewalk", |bencher| {
        bencher.iter(|| {
            asyncio::run(async {
                let (one, other) = UnixStream::pair()?;
                create_task(async move {
                    let mut buffer = [0; SIZE];
                    while other.read_exact(&mut buffer).await.is_ok() {
                        if other.write_all(&buffer).await.is_err() {
                            break;
                        }
                    }
                });
                let mut buffer = [7; SIZE];
                for _ in 0..MESSAGES {
                    one.write_all(&buffer).await?;
                    one.read_exact(&mut buffer).await?;
                }
                Ok::<(), std::io::Error>(())
            })
            .expect("the messages come back");
        });
    });
    group.bench_function("tokio", |bencher| {
        bencher.iter(|| {
            through_tokio(async {
                let (mut one, mut other) = tokio::net::UnixStream::pair()?;
                tokio::task::spawn_local(async move {
                    let mut buffer = [0; SIZE];
                    while other.read_exact(&mut buffer).await.is_ok() {
                        if other.write_all(&buffer).await.is_err() {
                            break;
                        }
                    }
                });
                let mut buffer = [7; SIZE];
                for _ in 0..MESSAGES {
                    one.write_all(&buffer).await?;
                    one.read_exact(&mut buffer).await?;
                }
                Ok::<(), std::io::Error>(())
            })
            .expect("the messages come back");
        });
    });
}

criterion_group!(all, tasks, turns, items, messages);
criterion_main!(all);
