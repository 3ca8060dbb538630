//! Every interleaving of a loop that goes to sleep and of threads that bring it something.
#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use ropewalk_reactor::Wake;

/// In place of the eventfd.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.changed.wait(rung).unwrap();
        }
    }

    fn is_rung(&self) -> bool {
        *self.rung.lock().unwrap()
    }

    fn silence(&self) {
        *self.rung.lock().unwrap() = false;
    }
}

/// What the loop and those who wake it share.
#[derive(Default)]
struct Shared {
    wake: Wake,
    bell: Bell,
    brought: AtomicUsize,
}

impl Shared {
    fn bring(&self) {
        self.brought.fetch_add(1, Ordering::Relaxed);
        self.wake.wake(|| self.bell.ring());
    }

    /// One turn of the loop, which knows of `seen` things. It sleeps only if it may.
    fn turn(&self, seen: usize, may_sleep: bool) {
        self.wake.begin();
        if may_sleep && self.brought.load(Ordering::Relaxed) == seen {
            self.bell.wait();
        }
        let found = self.bell.is_rung();
        self.wake.end();
        if found {
            self.bell.silence();
        }
    }
}

fn bringing(shared: &Arc<Shared>) -> thread::JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || shared.bring())
}

/// The model deadlocks if the loop sleeps while something waits.
fn run_until(shared: &Shared, all: usize) {
    loop {
        let seen = shared.brought.load(Ordering::Relaxed);
        if seen == all {
            return;
        }
        shared.turn(seen, true);
    }
}

#[test]
fn no_wake_is_lost() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let threads = [bringing(&shared), bringing(&shared)];
        run_until(&shared, 2);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_bell_rung_late_ends_one_sleep() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let thread = bringing(&shared);
        // A look without a sleep: the loop may be done with it before the bell is rung.
        shared.turn(0, false);
        run_until(&shared, 1);
        thread.join().unwrap();
        shared.turn(1, false);
        assert!(!shared.bell.is_rung());
    });
}
