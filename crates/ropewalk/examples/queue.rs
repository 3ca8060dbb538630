//! Four workers share one queue; the main thread waits until all work is done.
//! Run it with `cargo run --release --example queue -p ropewalk`.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use ropewalk::queue::Queue;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

const WORKERS: usize = 4;
const ITEMS: u64 = 200_000;

fn main() {
    let queue = Arc::new(Queue::bounded(1000));
    let begin = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut sum = 0;
                while let Ok(number) = queue.get() {
                    sum += number;
                    queue.task_done().expect("one call for each item");
                }
                sum
            })
        })
        .collect();
    for number in 1..=ITEMS {
        queue.put(number).expect("the queue is open");
    }
    queue.join();
    queue.shutdown();
    let sum: u64 = workers
        .into_iter()
        .map(|worker| worker.join().expect("no panic"))
        .sum();
    assert_eq!(sum, ITEMS * (ITEMS + 1) / 2);
    println!(
        "Rust: {ITEMS} items through one Queue to {WORKERS} threads in {:.0?}, sum {sum}",
        begin.elapsed()
    );
}
