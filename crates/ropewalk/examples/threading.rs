//! A small bank: tellers move money between accounts, clerks pass slips through a bounded tray,
//! and at the end of each day all meet. No money is lost and no slip is.
//! Run it with `cargo run --release --example threading -p ropewalk`.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use ropewalk::threading::{Barrier, Condition, Local, Lock, Thread};
use std::collections::VecDeque;
use std::sync::Arc;

const ACCOUNTS: usize = 8;
const OPENING_BALANCE: i64 = 1_000;
const TELLERS: usize = 4;
const DAYS: usize = 3;
const TRANSFERS_A_DAY: usize = 5_000;
const TRAY_SIZE: usize = 16;

/// Slips on their way from the tellers to the clerk.
#[derive(Default)]
struct Tray {
    slips: Lock<VecDeque<i64>>,
    has_room: Condition,
    has_slips: Condition,
}

impl Tray {
    fn put(&self, slip: i64) {
        let slips = self.slips.acquire();
        let mut slips = self
            .has_room
            .wait_for(slips, |slips| slips.len() < TRAY_SIZE);
        slips.push_back(slip);
        self.has_slips.notify(1);
    }

    fn take(&self) -> i64 {
        let slips = self.slips.acquire();
        let mut slips = self.has_slips.wait_for(slips, |slips| !slips.is_empty());
        let slip = slips.pop_front().expect("waited for");
        self.has_room.notify(1);
        slip
    }
}

/// Numbers that look random; each thread has its own sequence, and always the same one.
static DICE: Local<std::cell::Cell<usize>> = Local::new(|| std::cell::Cell::new(1));

fn roll(sides: usize) -> usize {
    DICE.with(|dice| {
        dice.set(dice.get().wrapping_mul(25_173).wrapping_add(13_849) % 65_536);
        dice.get() % sides
    })
}

fn transfer(accounts: &[Lock<i64>], tray: &Tray) {
    let (from, to) = (roll(ACCOUNTS), roll(ACCOUNTS));
    let amount = 1 + i64::try_from(roll(50)).expect("a small number");
    if from == to {
        return;
    }
    // Always the lower number first: two tellers never wait for each other in a circle.
    let (first, second) = (from.min(to), from.max(to));
    let (mut lower, mut upper) = (accounts[first].acquire(), accounts[second].acquire());
    let change = if first == from { -amount } else { amount };
    *lower += change;
    *upper -= change;
    drop((lower, upper));
    tray.put(amount);
}

fn main() -> std::io::Result<()> {
    let accounts: Arc<Vec<_>> =
        Arc::new((0..ACCOUNTS).map(|_| Lock::new(OPENING_BALANCE)).collect());
    let tray = Arc::new(Tray::default());
    let audited = Arc::clone(&accounts);
    let end_of_day = Arc::new(Barrier::with_action(TELLERS, move || {
        let total: i64 = audited.iter().map(|account| *account.acquire()).sum();
        println!("end of the day: {total} in all accounts");
    }));

    let mut tellers = Vec::new();
    for number in 1..=TELLERS {
        let (accounts, tray) = (Arc::clone(&accounts), Arc::clone(&tray));
        let end_of_day = Arc::clone(&end_of_day);
        let work = move || {
            DICE.with(|dice| dice.set(number));
            for _ in 0..DAYS {
                (0..TRANSFERS_A_DAY).for_each(|_| transfer(&accounts, &tray));
                end_of_day.wait().expect("nobody breaks it");
            }
        };
        tellers.push(Thread::new(work).name(format!("teller {number}")).start()?);
    }
    let taking = Arc::clone(&tray);
    let clerk = Thread::new(move || {
        let slips = std::iter::from_fn(|| Some(taking.take()));
        slips
            .take_while(|&amount| amount != 0)
            .fold((0, 0), |(count, sum), amount| (count + 1, sum + amount))
    })
    .name("clerk")
    .start()?;

    for teller in tellers {
        teller.join().expect("no panic");
    }
    tray.put(0); // the last slip
    let (count, sum) = clerk.join().expect("no panic");
    let total: i64 = accounts.iter().map(|account| *account.acquire()).sum();
    assert_eq!(
        total,
        i64::try_from(ACCOUNTS).expect("a few") * OPENING_BALANCE
    );
    println!("Rust: {count} transfers of {sum} by {TELLERS} threads, {total} still in the bank");
    Ok(())
}
