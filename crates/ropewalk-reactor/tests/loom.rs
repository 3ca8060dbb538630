//! Every interleaving of a loop that goes to sleep and of threads that bring it something.
#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a model fails by panicking")]

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use ropewalk_reactor::{Rest, Wake};

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

    fn silence(&self) {
        *self.rung.lock().unwrap() = false;
    }
}

#[test]
fn no_wake_is_lost() {
    loom::model(|| {
        let wake = Arc::new(Wake::new());
        let bell = Arc::new(Bell::default());
        let brought = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (wake, bell, brought) = (wake.clone(), bell.clone(), brought.clone());
                thread::spawn(move || {
                    brought.fetch_add(1, Ordering::Relaxed);
                    wake.wake(|| bell.ring());
                })
            })
            .collect();
        // The model deadlocks if the loop sleeps while something waits.
        while brought.load(Ordering::Relaxed) < 2 {
            let seen = brought.load(Ordering::Relaxed);
            wake.begin();
            if brought.load(Ordering::Relaxed) == seen {
                bell.wait();
            }
            if wake.end() == Rest::Rung {
                bell.silence();
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
