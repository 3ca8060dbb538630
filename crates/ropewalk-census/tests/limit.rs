//! More threads than a report has room for; alone in its process, because it fills every report.
#![cfg(not(loom))]

use ropewalk_census as census;
use std::sync::mpsc::channel;
use std::thread::{Builder, scope};

#[test]
fn threads_beyond_the_limit_are_counted() {
    let (ready, all_ready) = channel();
    scope(|scope| {
        let stops: Vec<_> = (0..260)
            .map(|number| {
                let (stop, stopped) = channel::<()>();
                let ready = ready.clone();
                let named = move || {
                    census::name_thread(&format!("crowd-{number}"));
                    ready.send(()).unwrap();
                    // Ends when `stop` is dropped.
                    let _ = stopped.recv();
                };
                Builder::new()
                    .stack_size(128 * 1024)
                    .spawn_scoped(scope, named)
                    .unwrap();
                stop
            })
            .collect();
        (0..260).for_each(|_| all_ready.recv().unwrap());
        let (text, _) = census::report_text();
        assert!(
            text.contains("... and 4 more (a report shows 256 threads)"),
            "{text}"
        );
        drop(stops);
    });
}
