//! The loop of one thread. Promise: it sleeps only when nothing can run; whoever wakes one of its
//! tasks, from any thread, wakes it too.

use super::ready::Side;
use super::task::Runnable;
use ropewalk_park::ShortLock;
use ropewalk_reactor::{Direction, Poller, Ready, Timers, Told, Wake};
use ropewalk_sys::{EventFd, Found};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::os::fd::RawFd;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// Events that one look at the kernel can bring; more come with the next.
const EVENTS: usize = 256;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Loop>>> = const { RefCell::new(None) };
}

/// What wakers of other threads reach.
#[derive(Debug)]
pub(super) struct Shared {
    thread: ThreadId,
    inbox: ShortLock<Vec<u64>>,
    wake: Wake,
    bell: EventFd,
}

/// Wakes one task of a loop; number 0 is the future that the loop was started for.
#[derive(Debug)]
pub(super) struct TaskWaker {
    pub(super) number: u64,
    pub(super) shared: Arc<Shared>,
}

impl std::task::Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if std::thread::current().id() == self.shared.thread {
            let here = CURRENT.try_with(|current| {
                let current = current.try_borrow().ok()?;
                let found = current.as_ref()?;
                Arc::ptr_eq(&found.shared, &self.shared).then(|| found.schedule(self.number))
            });
            if matches!(here, Ok(Some(()))) {
                return;
            }
        }
        self.shared.inbox.lock().push(self.number);
        self.shared.wake.wake(|| self.shared.bell.ring());
    }
}

/// Who is woken at a moment; nobody any more once it has rung or was cancelled.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    pub(super) waker: RefCell<Option<Waker>>,
    pub(super) rung: Cell<bool>,
}

impl Alarm {
    fn ring(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A loop while it runs.
pub(super) struct Loop {
    pub(super) shared: Arc<Shared>,
    poller: RefCell<Poller<Rc<Side>>>,
    /// By deadline, then in the order in which they were set.
    timers: RefCell<Timers<Rc<Alarm>, (i64, u64)>>,
    ready: RefCell<Ready<u64>>,
    pub(super) tasks: RefCell<HashMap<u64, Rc<dyn Runnable>>>,
    next_number: Cell<u64>,
    begin: Instant,
}

impl Loop {
    fn new() -> io::Result<Self> {
        let bell = EventFd::new()?;
        let mut poller = Poller::new()?;
        let first = poller.put(bell.descriptor(), Direction::Read, Rc::new(Side::default()))?;
        drop(first);
        Ok(Self {
            shared: Arc::new(Shared {
                thread: std::thread::current().id(),
                inbox: ShortLock::new(Vec::new()),
                wake: Wake::new(),
                bell,
            }),
            poller: RefCell::new(poller),
            timers: RefCell::default(),
            ready: RefCell::default(),
            tasks: RefCell::default(),
            next_number: Cell::new(1),
            begin: Instant::now(),
        })
    }

    /// The loop that runs on this thread.
    pub(super) fn current() -> Rc<Self> {
        CURRENT.with(|current| {
            current.borrow().clone().expect(
                "no event loop runs on this thread: call this inside ropewalk::asyncio::run",
            )
        })
    }

    pub(super) fn next_number(&self) -> u64 {
        self.next_number.replace(self.next_number.get() + 1)
    }

    pub(super) fn schedule(&self, number: u64) {
        self.ready.borrow_mut().put(number);
    }

    /// Nanoseconds on this loop's clock; what is past is zero.
    fn nanoseconds(&self, moment: Instant) -> i64 {
        let since = moment.saturating_duration_since(self.begin).as_nanos();
        i64::try_from(since).unwrap_or(i64::MAX)
    }

    pub(super) fn ring_at(&self, moment: Instant, alarm: Rc<Alarm>) {
        let deadline = self.nanoseconds(moment);
        let key = (deadline, self.next_number());
        self.timers.borrow_mut().put(key, alarm);
    }

    pub(super) fn forget(&self, alarm: &Rc<Alarm>) {
        let mut timers = self.timers.borrow_mut();
        let own = timers.cancel(|other| Rc::ptr_eq(alarm, other));
        let gone = timers.forget_cancelled(|alarm| alarm.waker.borrow().is_none());
        drop(timers);
        drop((own, gone));
    }

    pub(super) fn watch(&self, fd: RawFd, way: Direction, side: Rc<Side>) -> io::Result<()> {
        let put = self.poller.borrow_mut().put(fd, way, side)?;
        drop(put);
        Ok(())
    }

    pub(super) fn unwatch(&self, fd: RawFd, way: Direction) {
        let removed = self.poller.borrow_mut().remove(fd, way);
        drop(removed);
    }

    /// Sleeps until something is ready, unless something can run already; then notes what can.
    fn look(&self, found: &mut Found) {
        self.shared.wake.begin();
        let idle = self.ready.borrow().is_empty() && self.shared.inbox.lock().is_empty();
        let timeout = if idle {
            let next = self.timers.borrow().next();
            next.map(|(deadline, _)| {
                let left = deadline.saturating_sub(self.nanoseconds(Instant::now()));
                Duration::from_nanos(u64::try_from(left).unwrap_or(0))
            })
        } else {
            Some(Duration::ZERO)
        };
        let epoll = self.poller.borrow().epoll();
        let waited = epoll.wait(found, timeout);
        self.shared.wake.end();
        if waited.is_ok() {
            self.tell(found);
        }
        let now = self.nanoseconds(Instant::now());
        while let Some(alarm) = self.due(now) {
            alarm.ring();
        }
        let arrived = std::mem::take(&mut *self.shared.inbox.lock());
        let mut ready = self.ready.borrow_mut();
        for number in arrived {
            ready.put(number);
        }
    }

    fn due(&self, now: i64) -> Option<Rc<Alarm>> {
        let mut timers = self.timers.borrow_mut();
        timers.take_due(|(deadline, _)| deadline <= now)
    }

    /// Wakes who waits for a descriptor; one that nobody waits for any more is let go of.
    fn tell(&self, found: &Found) {
        let mut ready = Vec::new();
        let settled = self.poller.borrow_mut().settle(found, |fd, way, told| {
            let side = match told {
                Told::Watching(watch) => Rc::clone(&watch.watcher),
                Told::Done(watch) => watch.watcher,
            };
            ready.push((fd, way, side));
        });
        drop(settled);
        for (fd, way, side) in ready {
            if fd == self.shared.bell.descriptor() {
                self.shared.bell.silence();
            } else if !side.wake() {
                side.let_go();
                self.unwatch(fd, way);
            }
        }
    }
}

/// Runs a future to its end, together with all tasks that it creates; tasks that are not done then
/// are dropped.
///
/// # Panics
/// When a loop runs on this thread already, when the kernel gives no descriptor for one, and with
/// the future's own panic.
///
/// Blocking: until the future is done.
///
/// ```
/// let text = ropewalk::asyncio::run(async { "done" });
/// assert_eq!(text, "done");
/// ```
pub fn run<F: Future>(main: F) -> F::Output {
    let running = CURRENT.with(|current| current.borrow().is_some());
    assert!(
        !running,
        "an event loop runs on this thread already: await the future instead of calling run"
    );
    let this = match Loop::new() {
        Ok(this) => Rc::new(this),
        Err(error) => panic!("the kernel gave no descriptor for an event loop: {error}"),
    };
    CURRENT.with(|current| *current.borrow_mut() = Some(Rc::clone(&this)));
    let _end = Closing(Rc::clone(&this));
    let waker = Waker::from(Arc::new(TaskWaker {
        number: 0,
        shared: Arc::clone(&this.shared),
    }));
    let mut main = pin!(main);
    let mut found = Found::with_room(EVENTS);
    this.schedule(0);
    loop {
        let turn = this.ready.borrow().len();
        for _ in 0..turn {
            let Some(number) = this.ready.borrow_mut().take() else {
                break;
            };
            if number == 0 {
                if let Poll::Ready(value) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return value;
                }
                continue;
            }
            let task = this.tasks.borrow().get(&number).cloned();
            if let Some(task) = task {
                task.step();
            }
        }
        this.look(&mut found);
    }
}

/// Drops what is left of a loop: its tasks first, for they may hold its sockets.
struct Closing(Rc<Loop>);

impl Drop for Closing {
    fn drop(&mut self) {
        // What a task's end does may create others.
        loop {
            let left = std::mem::take(&mut *self.0.tasks.borrow_mut());
            if left.is_empty() {
                break;
            }
            for task in left.values() {
                task.stop();
            }
        }
        // A socket that outlives the loop can be waited for on another one.
        for side in self.0.poller.borrow_mut().take_all() {
            side.let_go();
        }
        CURRENT.with(|current| current.borrow_mut().take());
    }
}
