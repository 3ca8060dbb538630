"""Cases for `queue`: one thread, two or more threads, additions, and a control."""

from __future__ import annotations

import importlib
import random
from types import SimpleNamespace

from .case import AnyCase, Group, Module, Scenario, Statement
from .subjects import ROPEWALK, STDLIB
from .threads import time_threads

BOTH = frozenset({STDLIB, ROPEWALK})


def transfer(module: Module, count: int, pairs: int, maxsize: int) -> float:
    """`pairs` producers and as many consumers move `count` items altogether."""
    queue = module.Queue(maxsize)
    share = count // pairs

    def produce() -> None:
        put = queue.put
        for item in range(share):
            put(item)

    def consume() -> None:
        get = queue.get
        for _ in range(share):
            get()

    return time_threads(*([produce, consume] * pairs))


def one_to_one(module: Module, count: int) -> float:
    """One producer, one consumer, no bound."""
    return transfer(module, count, pairs=1, maxsize=0)


def two_to_two(module: Module, count: int) -> float:
    """Two producers, two consumers, no bound."""
    return transfer(module, count, pairs=2, maxsize=0)


def one_to_one_bounded(module: Module, count: int) -> float:
    """One producer, one consumer, never more than 100 items waiting."""
    return transfer(module, count, pairs=1, maxsize=100)


def round_trip(module: Module, count: int) -> float:
    """Two threads hand one item to and fro; each waits asleep for the other."""
    there, back = module.Queue(), module.Queue()

    def ask() -> None:
        for number in range(count):
            there.put(number)
            back.get()

    def answer() -> None:
        for _ in range(count):
            back.put(there.get())

    return time_threads(ask, answer)


def fill_and_drain(module: Module, count: int) -> float:
    """Random priorities in, sorted out, 1,000 at a time."""
    batch = 1000
    priorities = random.Random(7).sample(range(batch * 10), batch)
    queue = module.PriorityQueue()

    def work() -> None:
        for _ in range(count // batch):
            for priority in priorities:
                queue.put(priority)
            for _ in priorities:
                queue.get()

    return time_threads(work)


HOOKS = """\
class Stack(m.Queue):
    def _init(self, maxsize):
        self.items = []
    def _qsize(self):
        return len(self.items)
    def _put(self, item):
        self.items.append(item)
    def _get(self):
        return self.items.pop()
q = Stack()"""


def _statement(
    name: str,
    setup: str,
    operation: str = "q.put(1); q.get()",
    target: float | None = None,
    note: str = "",
    only: frozenset[str] | None = None,
) -> Statement:
    return Statement(
        name=name,
        setup=setup,
        operation=operation,
        target=target,
        note=note,
        only=only,
    )


CASES: tuple[AnyCase, ...] = (
    _statement("Queue put+get", "q = m.Queue()", target=10),
    _statement(
        "Queue put_nowait+get_nowait",
        "q = m.Queue()",
        "q.put_nowait(1); q.get_nowait()",
    ),
    _statement("Queue(maxsize=16) put+get", "q = m.Queue(16)"),
    _statement(
        "Queue put+get(timeout), item present",
        "q = m.Queue()",
        "q.put(1); q.get(timeout=10.0)",
    ),
    _statement(
        "Queue put+get+task_done", "q = m.Queue()", "q.put(1); q.get(); q.task_done()"
    ),
    _statement("Queue qsize", "q = m.Queue(); q.put(1)", "q.qsize()"),
    _statement("Queue creation", "Queue = m.Queue", "Queue()", only=BOTH),
    _statement("LifoQueue put+get", "q = m.LifoQueue()", target=10),
    _statement("PriorityQueue put+get, int", "q = m.PriorityQueue()", target=2),
    _statement(
        "PriorityQueue put+get, (int, str)",
        "q = m.PriorityQueue(); item = (1, 'job')",
        "q.put(item); q.get()",
        target=2,
    ),
    Scenario(
        name="PriorityQueue, 1,000 in, 1,000 out, int",
        run=fill_and_drain,
        count=20_000,
        quick=2_000,
        target=2,
        note="per item in and out; includes two turns of a loop, about 15 ns",
    ),
    _statement("Queue subclass with hooks put+get", HOOKS, only=BOTH),
    Scenario(
        name="Queue 1 -> 1 threads",
        run=one_to_one,
        count=100_000,
        quick=5_000,
        target=7,
        note="per item; includes a loop on each side",
    ),
    Scenario(
        name="Queue 2 -> 2 threads",
        run=two_to_two,
        count=100_000,
        quick=5_000,
        target=7,
        note="per item; includes a loop on each side",
    ),
    Scenario(
        name="Queue(maxsize=100) 1 -> 1 threads",
        run=one_to_one_bounded,
        count=20_000,
        quick=2_000,
    ),
    Scenario(
        name="Queue blocking round trip",
        run=round_trip,
        count=4_000,
        quick=200,
        note="two queues, two threads; nearly all of it is waking and the GIL",
    ),
    Statement(
        name="Queue 100 items at a time",
        setup="q = m.Queue(); items = list(range(100))",
        operation="for i in items: q.put(i)\nfor i in items: q.get()",
        ropewalk_operation="q.put_many(items); q.get_many(100)",
        per=100,
        only=BOTH,
        note="per item; ropewalk's addition put_many/get_many against a loop of"
        " put and get, because the standard library has nothing like it",
    ),
    _statement(
        "SimpleQueue put+get",
        "q = m.SimpleQueue()",
        note="control: handed on from the standard library, the ratio shows the noise",
        only=BOTH,
    ),
)


def _culsans() -> Module:
    culsans = importlib.import_module("culsans")

    def sync(kind: str) -> object:
        maker = getattr(culsans, kind)
        return lambda maxsize=0: maker(maxsize).sync_q

    names = ("Queue", "LifoQueue", "PriorityQueue")
    return SimpleNamespace(**{name: sync(name) for name in names})


GROUP = Group(
    name="queue",
    stdlib="queue",
    ropewalk="ropewalk.queue",
    ours="Queue",
    cases=CASES,
    peers={"culsans": _culsans},
)
