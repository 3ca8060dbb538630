//! Promise: tasks run in order on one thread, every end of a task is told, and nothing is lost when
//! a wait is dropped.
#![cfg(target_os = "linux")]

#[path = "../../ropewalk-park/tests/watchdog/mod.rs"]
mod watchdog;

use ropewalk::asyncio::{
    Event, Lock, Queue, Semaphore, ShutDown, TcpListener, TcpStream, TimedOut, Unfinished,
    UnixStream, create_task, gather, run, sleep, timeout, to_thread, yield_now,
};
use std::cell::{Cell, RefCell};
use std::io;
use std::net::Shutdown;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchdog::Watchdog;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn tasks_take_turns_in_the_order_of_their_creation() {
    let _watchdog = Watchdog::new();
    let order = Rc::new(RefCell::new(Vec::new()));
    run(async {
        let tasks: Vec<_> = (0..3)
            .map(|number| {
                let order = Rc::clone(&order);
                create_task(async move {
                    for turn in 0..2 {
                        order.borrow_mut().push((turn, number));
                        yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    });
    let expected = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)];
    assert_eq!(*order.borrow(), expected);
}

#[test]
fn a_panic_in_a_task_reaches_who_awaits_it_and_nobody_else() {
    let _watchdog = Watchdog::new();
    let other = run(async {
        let bad = create_task(async { std::panic::panic_any("on purpose") });
        let good = create_task(async { 7 });
        match bad.await {
            Err(Unfinished::Panicked(payload)) => {
                assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
            }
            other => panic!("{other:?}"),
        }
        good.await.expect("no panic")
    });
    assert_eq!(other, 7);
}

#[test]
fn a_cancelled_task_drops_what_it_holds() {
    struct Told(Rc<Cell<bool>>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let _watchdog = Watchdog::new();
    let dropped = Rc::new(Cell::new(false));
    run(async {
        let told = Told(Rc::clone(&dropped));
        let task = create_task(async move {
            let _told = told;
            sleep(LONG).await;
        });
        yield_now().await;
        assert!(task.cancel());
        assert!(matches!(task.await, Err(Unfinished::Cancelled)));
    });
    assert!(dropped.get());
}

#[test]
fn what_is_left_when_run_ends_is_dropped() {
    let _watchdog = Watchdog::new();
    let held = Rc::new(());
    run(async {
        let held = Rc::clone(&held);
        create_task(async move {
            sleep(LONG).await;
            drop(held);
        });
        yield_now().await;
    });
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn sleeps_end_in_the_order_of_their_times_and_never_early() {
    let _watchdog = Watchdog::new();
    let order = run(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        gather([30, 10, 20].map(|milliseconds| {
            let order = Rc::clone(&order);
            async move {
                let (begin, time) = (Instant::now(), Duration::from_millis(milliseconds));
                sleep(time).await;
                assert!(begin.elapsed() >= time);
                order.borrow_mut().push(milliseconds);
            }
        }))
        .await;
        order.take()
    });
    assert_eq!(order, [10, 20, 30]);
}

#[test]
fn many_sleeps_that_are_given_up_leave_nothing() {
    let _watchdog = Watchdog::new();
    run(async {
        for _ in 0..10_000 {
            assert_eq!(timeout(Duration::ZERO, sleep(LONG)).await, Err(TimedOut));
        }
    });
}

#[test]
fn a_thread_wakes_a_loop_that_sleeps() {
    let _watchdog = Watchdog::new();
    let queue = Arc::new(Queue::bounded(2));
    let putting = std::thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            run(async {
                for number in 0..10_000 {
                    queue.put(number).await.expect("open");
                }
                queue.shutdown();
            });
        }
    });
    let got = run(async {
        let mut got = Vec::new();
        while let Ok(number) = queue.get().await {
            got.push(number);
        }
        got
    });
    putting.join().expect("no panic");
    assert_eq!(got, (0..10_000).collect::<Vec<_>>());
}

#[test]
fn a_get_that_is_given_up_takes_nothing() {
    let _watchdog = Watchdog::new();
    run(async {
        let queue = Rc::new(Queue::unbounded());
        let first = create_task({
            let queue = Rc::clone(&queue);
            async move { queue.get().await }
        });
        yield_now().await;
        queue.put(1).await.expect("open");
        // Its turn has come, and it is cancelled before it runs.
        first.cancel();
        assert!(matches!(first.await, Err(Unfinished::Cancelled)));
        assert_eq!(queue.get().await, Ok(1));
        queue.shutdown();
        assert_eq!(queue.put(2).await, Err(ShutDown(2)));
        assert_eq!(queue.get().await, Err(ShutDown(())));
    });
}

#[test]
fn a_lock_goes_to_who_waited_first() {
    let _watchdog = Watchdog::new();
    let order = run(async {
        let lock = Rc::new(Lock::new(Vec::new()));
        let held = lock.acquire().await;
        let tasks: Vec<_> = (0..4)
            .map(|number| {
                let lock = Rc::clone(&lock);
                create_task(async move { lock.acquire().await.push(number) })
            })
            .collect();
        yield_now().await;
        tasks[1].cancel();
        drop(held);
        for task in tasks {
            drop(task.await);
        }
        lock.acquire().await.clone()
    });
    assert_eq!(order, [0, 2, 3]);
}

#[test]
fn a_semaphore_lets_no_more_through_than_it_has_permits() {
    let _watchdog = Watchdog::new();
    run(async {
        let (semaphore, inside) = (Semaphore::new(3), Cell::new(0));
        gather((0..20).map(|_| async {
            let _permit = semaphore.acquire().await;
            inside.set(inside.get() + 1);
            assert!(inside.get() <= 3);
            yield_now().await;
            inside.set(inside.get() - 1);
        }))
        .await;
        assert_eq!(semaphore.value(), 3);
    });
}

#[test]
fn who_waits_for_an_event_goes_on_although_it_is_cleared_at_once() {
    let _watchdog = Watchdog::new();
    run(async {
        let event = Rc::new(Event::new());
        let waiting = create_task({
            let event = Rc::clone(&event);
            async move { event.wait().await }
        });
        yield_now().await;
        event.set();
        event.clear();
        waiting.await.expect("no panic");
        assert!(!event.is_set());
    });
}

#[test]
fn large_data_goes_both_ways_at_once() {
    let _watchdog = Watchdog::new();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let data: Rc<Vec<u8>> = Rc::new((0..4_000_000_u32).map(|n| n.to_le_bytes()[0]).collect());
        let echo = create_task(async move {
            let (stream, _) = listener.accept().await?;
            let mut buffer = vec![0; 10_000];
            loop {
                let count = stream.read(&mut buffer).await?;
                if count == 0 {
                    return stream.shutdown(Shutdown::Write);
                }
                stream.write_all(&buffer[..count]).await?;
            }
        });
        let stream = Rc::new(TcpStream::connect(address).await?);
        let writing = create_task({
            let (stream, data) = (Rc::clone(&stream), Rc::clone(&data));
            async move {
                stream.write_all(&data).await?;
                stream.shutdown(Shutdown::Write)
            }
        });
        let mut back = Vec::new();
        stream.read_to_end(&mut back).await?;
        assert!(back == *data);
        writing.await.expect("no panic")?;
        echo.await.expect("no panic")
    })
    .expect("no error");
}

#[test]
fn a_connection_that_is_refused_is_an_error() {
    let _watchdog = Watchdog::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let refused = run(TcpStream::connect(address)).map(drop);
    let kind = refused.expect_err("nobody listens").kind();
    assert_eq!(kind, io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_socket_can_be_waited_for_on_one_loop_after_another() {
    let _watchdog = Watchdog::new();
    let (one, other) = UnixStream::pair().expect("a pair");
    let mut text = [0; 1];
    for _ in 0..2 {
        let nothing = run(timeout(Duration::ZERO, one.read(&mut text)));
        assert!(matches!(nothing, Err(TimedOut)));
    }
    run(async {
        let reading = one.read_exact(&mut text);
        other.write_all(b"x").await.expect("no error");
        reading.await.expect("no error");
    });
    assert_eq!(&text, b"x");
}

#[test]
fn a_call_that_blocks_leaves_the_loop_free() {
    let _watchdog = Watchdog::new();
    let (tell, told) = std::sync::mpsc::channel();
    let answer = run(async {
        let waiting = create_task(to_thread(move || told.recv()));
        yield_now().await;
        tell.send(42).expect("it waits");
        waiting.await.expect("no panic")
    });
    assert!(matches!(answer, Ok(Ok(42))));
}

#[test]
fn a_loop_inside_a_loop_is_refused() {
    let _watchdog = Watchdog::new();
    let inner = run(async { std::panic::catch_unwind(|| run(async {})) });
    assert!(inner.is_err());
    run(async {});
}
