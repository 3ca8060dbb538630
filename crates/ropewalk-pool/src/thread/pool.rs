//! The pool itself: one short lock around queue, idle list and counts.

use super::lanes::{Lanes, Order};
use super::starving::Waits;
use super::timing::{Percentiles, Times, Timing, percentiles};
use ropewalk_park::{
    Deadline, Left, Patience, ShortLock, Sleeper, WaitList, Waiter, Wakes, fork_count,
};
use std::sync::Arc;

/// Whether `submit` may add a worker to the count; and its answer: whether it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Hire {
    /// As a question: no. As an answer: nobody was hired.
    Nobody,
    /// As a question: yes. As an answer: start a worker now; it is counted already.
    IfNeeded,
}

/// How a task is to be put into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// In a pool with priorities: lower numbers go first.
    pub priority: i64,
    /// Whether a worker may be hired for it.
    pub hire: Hire,
    /// Whether the bound counts. A worker of the pool itself must not wait for room, because only
    /// workers make room.
    pub bounded: bool,
}

/// Why a task was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<T> {
    /// A worker has to be hired for it, and the caller said not to.
    NeedsWorker(T),
    /// As many tasks wait as may wait.
    Full(T),
    /// The pool was shut down.
    ShutDown(T),
    /// The pool is broken.
    Broken(T),
    /// The workers are threads of the process that this one was forked from.
    Forked(T),
}

/// Why a worker is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Nothing more will come.
    Over,
    /// There are enough others.
    Surplus,
}

/// A task for the worker that asked, and its timing, to be given back with the next question.
pub type Taken<T> = Result<(T, Timing), Leave>;

/// A look at a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Tasks that wait for a worker.
    pub queued: usize,
    /// Tasks that a worker has taken and not finished.
    pub running: u64,
    /// Tasks that were finished, cancelled ones that a worker came across among them.
    pub done: u64,
    /// Workers.
    pub workers: usize,
    /// Workers that have nothing to do.
    pub idle: usize,
    /// How long timed tasks waited.
    pub wait: Option<Percentiles>,
    /// How long timed tasks ran.
    pub run: Option<Percentiles>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    ShutDown,
    Broken,
}

/// The queue, the idle list and the counts of a thread pool.
#[derive(Debug)]
pub struct Pool<T> {
    pub(super) inside: ShortLock<Inside<T>>,
}

#[derive(Debug)]
pub(super) struct Inside<T> {
    pub(super) lanes: Lanes<(T, Timing)>,
    phase: Phase,
    /// How many tasks may wait.
    bound: usize,
    /// How many workers may be at work at once.
    pub(super) limit: usize,
    /// Threads that were hired and have neither left nor become spares.
    pub(super) workers: usize,
    /// What those of them wait for that wait for futures of this pool.
    pub(super) blocked: Vec<Arc<dyn Waits>>,
    pub(super) idle: WaitList,
    /// Those that were too many: the next ones to be hired when workers starve.
    pub(super) spares: WaitList,
    /// Threads that are no workers and wait for a task to take out.
    takers: WaitList,
    /// Threads that wait for room.
    submitters: WaitList,
    /// `fork_count` of the process whose threads the workers are.
    forks: u32,
    submitted: u64,
    taken: u64,
    done: u64,
    waits: Times,
    runs: Times,
}

impl<T> Inside<T> {
    /// True in a process that was forked from the one that has the workers.
    pub(super) fn is_forked(&self) -> bool {
        self.workers > 0 && self.forks != fork_count()
    }

    pub(super) fn hire(&mut self) {
        if self.workers == 0 {
            self.forks = fork_count();
        }
        self.workers += 1;
    }

    /// Tells one thread that there is a task: a worker if one is idle.
    #[inline]
    fn tell_of_task(&mut self) -> Wakes {
        let wakes = self.idle.tell_first();
        if wakes.is_empty() {
            self.takers.tell_first()
        } else {
            wakes
        }
    }

    /// Workers that do not wait for this pool's own futures.
    pub(super) fn able(&self) -> usize {
        self.workers - self.blocked.len().min(self.workers)
    }
}

impl<T> Pool<T> {
    /// An open pool of at most `limit` workers, none of them hired.
    #[must_use]
    pub fn new(order: Order, limit: usize) -> Self {
        Self {
            inside: ShortLock::new(Inside {
                lanes: Lanes::new(order),
                phase: Phase::Open,
                bound: usize::MAX,
                limit,
                workers: 0,
                blocked: Vec::new(),
                idle: WaitList::new(),
                spares: WaitList::new(),
                takers: WaitList::new(),
                submitters: WaitList::new(),
                forks: fork_count(),
                submitted: 0,
                taken: 0,
                done: 0,
                waits: Times::default(),
                runs: Times::default(),
            }),
        }
    }

    /// Lets at most so many tasks wait.
    pub fn set_bound(&self, bound: usize) {
        self.inside.lock().bound = bound;
    }

    /// How many workers there may be.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.inside.lock().limit
    }

    /// Allows so many workers from now on. Nobody who is at work is sent away.
    pub fn set_limit(&self, limit: usize) {
        self.inside.lock().limit = limit;
    }

    /// Puts a task into the queue, if it is not refused, and tells an idle worker.
    #[inline]
    pub fn submit(&self, task: T, how: How) -> Result<Hire, Refused<T>> {
        let mut inside = self.inside.lock();
        if inside.phase != Phase::Open {
            return Err(if inside.phase == Phase::Broken {
                Refused::Broken(task)
            } else {
                Refused::ShutDown(task)
            });
        }
        if inside.is_forked() {
            return Err(Refused::Forked(task));
        }
        if how.bounded && inside.lanes.len() >= inside.bound {
            return Err(Refused::Full(task));
        }
        let hiring = inside.workers < inside.limit && inside.idle.is_empty();
        if hiring {
            if how.hire == Hire::Nobody {
                return Err(Refused::NeedsWorker(task));
            }
            inside.hire();
        }
        let timing = Timing::begin(inside.submitted);
        inside.submitted += 1;
        inside.lanes.push((task, timing), how.priority);
        let wakes = if hiring {
            Wakes::NONE
        } else {
            inside.tell_of_task()
        };
        drop(inside);
        wakes.now();
        Ok(if hiring { Hire::IfNeeded } else { Hire::Nobody })
    }

    /// Waits until a task would not be refused for want of room; false when time ran out.
    pub fn wait_for_room<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<bool, S::Abort> {
        let Some(deadline) = patience.deadline() else {
            return Ok(false);
        };
        let waiter = Waiter::current();
        let mut inside = self.inside.lock();
        if inside.lanes.len() < inside.bound || inside.phase != Phase::Open {
            return Ok(true);
        }
        inside.submitters.enlist(&waiter);
        drop(inside);
        let slept = sleeper.sleep(&waiter, deadline);
        let mut inside = self.inside.lock();
        if inside.submitters.leave(&waiter) == Left::Told && slept.is_err() {
            let wakes = inside.submitters.tell_first();
            drop(inside);
            wakes.now();
        }
        slept
    }

    /// A worker's question: what now? `finished` is the timing of the task that it has run since
    /// the last question.
    ///
    /// Blocking: while there is no task.
    pub fn next<S: Sleeper>(
        &self,
        finished: Option<Timing>,
        sleeper: &mut S,
    ) -> Result<Taken<T>, S::Abort> {
        let ran = finished.map(Timing::lap);
        let mut inside = self.inside.lock();
        if let Some((time, _)) = ran {
            inside.done += 1;
            inside.runs.note(time);
        }
        let mut waiter = None;
        loop {
            if inside.is_forked() {
                // The tasks in the queue are the parent's to run.
                return Ok(Err(Leave::Over));
            }
            if inside.able() > inside.limit {
                inside.workers -= 1;
                if inside.phase != Phase::Open {
                    return Ok(Err(Leave::Surplus));
                }
                let waiter = waiter.get_or_insert_with(Waiter::current);
                inside.spares.enlist(waiter);
                drop(inside);
                let slept = sleeper.sleep(waiter, Deadline::NEVER);
                inside = self.inside.lock();
                inside.come_back(waiter);
                if let Err(why) = slept {
                    inside.workers -= 1;
                    let wakes = if inside.is_starving() && !inside.spares.is_empty() {
                        inside.hire_spare()
                    } else {
                        Wakes::NONE
                    };
                    drop(inside);
                    wakes.now();
                    return Err(why);
                }
                continue;
            }
            if let Some((task, timing)) = inside.lanes.pop() {
                inside.taken += 1;
                let (time, timing) = timing.lap();
                inside.waits.note(time);
                let wakes = inside.submitters.tell_first();
                drop(inside);
                wakes.now();
                return Ok(Ok((task, timing)));
            }
            if inside.phase != Phase::Open {
                inside.workers -= 1;
                return Ok(Err(Leave::Over));
            }
            let waiter = waiter.get_or_insert_with(Waiter::current);
            inside.idle.enlist(waiter);
            drop(inside);
            let slept = sleeper.sleep(waiter, Deadline::NEVER);
            inside = self.inside.lock();
            let left = inside.idle.leave(waiter);
            if let Err(why) = slept {
                inside.workers -= 1;
                let wakes = match left {
                    Left::Told | Left::Given => inside.idle.tell_first(),
                    Left::Waiting => Wakes::NONE,
                };
                drop(inside);
                wakes.now();
                return Err(why);
            }
        }
    }

    /// Takes one task out of the queue.
    #[must_use]
    pub fn pop(&self) -> Option<T> {
        let mut inside = self.inside.lock();
        let task = inside.lanes.pop();
        let wakes = inside.submitters.tell_first();
        drop(inside);
        wakes.now();
        task.map(|(task, _)| task)
    }

    /// Takes one task out of the queue, after waiting for it; `None` when time ran out.
    pub fn take<S: Sleeper>(
        &self,
        patience: Patience,
        sleeper: &mut S,
    ) -> Result<Option<T>, S::Abort> {
        loop {
            if let Some(task) = self.pop() {
                return Ok(Some(task));
            }
            let Some(deadline) = patience.deadline() else {
                return Ok(None);
            };
            let waiter = Waiter::current();
            let mut inside = self.inside.lock();
            if inside.lanes.len() > 0 {
                continue;
            }
            inside.takers.enlist(&waiter);
            drop(inside);
            let slept = sleeper.sleep(&waiter, deadline);
            let mut inside = self.inside.lock();
            let told = inside.takers.leave(&waiter) == Left::Told;
            let wakes = match &slept {
                Err(_) if told => inside.tell_of_task(),
                _ => Wakes::NONE,
            };
            drop(inside);
            wakes.now();
            if !slept? && !told {
                return Ok(None);
            }
        }
    }

    /// Puts a task into the queue whatever the state of the pool is.
    pub fn push(&self, task: T) {
        let mut inside = self.inside.lock();
        let timing = Timing::begin(inside.submitted);
        inside.submitted += 1;
        inside.lanes.push((task, timing), 0);
        let wakes = inside.tell_of_task();
        drop(inside);
        wakes.now();
    }

    /// A worker that was hired ends without having asked: its thread could not be started, or was
    /// not fit for work.
    pub fn one_less(&self) {
        let mut inside = self.inside.lock();
        inside.workers -= 1;
    }

    /// Takes no more tasks; those in the queue are still run.
    pub fn shut_down(&self) {
        self.end(Phase::ShutDown);
    }

    /// Takes no more tasks and gives back those in the queue.
    #[must_use]
    pub fn break_down(&self) -> Vec<T> {
        self.end(Phase::Broken);
        self.drain()
    }

    fn end(&self, phase: Phase) {
        let mut inside = self.inside.lock();
        if inside.phase == Phase::Open {
            inside.phase = phase;
        }
        let mut wakes = inside.idle.tell_all();
        wakes.append(inside.submitters.tell_all());
        for _ in 0..inside.spares.len() {
            inside.hire();
        }
        wakes.append(inside.spares.tell_all());
        drop(inside);
        wakes.now();
    }

    /// Empties the queue.
    #[must_use]
    pub fn drain(&self) -> Vec<T> {
        let mut inside = self.inside.lock();
        let tasks = inside.lanes.drain();
        let wakes = inside.submitters.tell_all();
        drop(inside);
        wakes.now();
        tasks.into_iter().map(|(task, _)| task).collect()
    }

    /// True from `shut_down` on.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.inside.lock().phase == Phase::ShutDown
    }

    /// True in a forked child whose parent has the workers.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.inside.lock().is_forked()
    }

    /// How many tasks wait.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.inside.lock().lanes.len()
    }

    /// How many workers have nothing to do.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.inside.lock().idle.len()
    }

    /// A look at everything.
    #[must_use]
    pub fn count(&self) -> Count {
        let inside = self.inside.lock();
        let (waits, runs) = (inside.waits.copy(), inside.runs.copy());
        let count = Count {
            queued: inside.lanes.len(),
            running: inside.taken - inside.done,
            done: inside.done,
            workers: inside.workers,
            idle: inside.idle.len(),
            ..Count::default()
        };
        drop(inside);
        Count {
            wait: percentiles(waits),
            run: percentiles(runs),
            ..count
        }
    }
}
