//! Counts primes in slices of a range, several at a time, and shows them as they are done.
//! Promise: the sum is the same whatever the order. `cargo run --example futures`

use ropewalk::futures::{ThreadPoolExecutor, as_completed};
use std::io::{self, Write};

fn primes(from: u32, to: u32) -> usize {
    let is_prime = |n: u32| n > 1 && (2..=n.isqrt()).all(|d| !n.is_multiple_of(d));
    (from..to).filter(|n| is_prime(*n)).count()
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let executor = ThreadPoolExecutor::new(4);
    let slices = (0..10).map(|slice| {
        let from = slice * 10_000;
        executor.submit(move || (from, primes(from, from + 10_000)))
    });
    let mut sum = 0;
    for future in as_completed(slices.collect()) {
        match future.result() {
            Ok((from, count)) => {
                sum += count;
                writeln!(out, "{from:>6}..: {count}")?;
            }
            Err(why) => writeln!(out, "{why}")?,
        }
    }
    writeln!(out, "{sum} primes below 100000")
}
