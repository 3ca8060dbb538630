"""eventlet, patched: all that waits waits for greenlets."""

import warnings

warnings.simplefilter("ignore")  # eventlet says that it is deprecated

import eventlet  # noqa: E402

eventlet.monkey_patch()

from tests.software.programs.gevent_patched import greenlets_wait  # noqa: E402

greenlets_wait()
pool = eventlet.GreenPool(3)
print(list(pool.imap(abs, [-1, -2, -3])))
print("patched", eventlet.patcher.is_monkey_patched("thread"))
