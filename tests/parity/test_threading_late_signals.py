"""A signal that comes together with what a thread waits for."""

from types import ModuleType

from tests.scripts import Script

MODULE = "threading"


def test_a_handler_that_raises_at_the_end_of_a_get_leaves_the_item(
    impl: ModuleType,
) -> None:
    """The item and the signal come while the waiting thread cannot run."""
    script = Script(
        impl,
        """
import queue
main = threading.main_thread()
def handler(*_):
    raise KeyError
signal.signal(signal.SIGUSR1, handler)
sys.setswitchinterval(1000)
items, handed, taken = queue.Queue(), queue.Queue(), 0
def give():
    while handed.get():
        wait_until(lambda: sleeps(main))
        items.put("item")
        signal.pthread_kill(main.ident, signal.SIGUSR1)
giver = threading.Thread(target=give)
giver.start()
for _ in range(200):
    handed.put(True)
    try:
        item = items.get(timeout=100)
    except KeyError:
        taken += items.qsize()
        items.get()
handed.put(False)
giver.join()
say(taken, items.qsize())
""",
    )
    assert script.end_well() == ["200 0"]
