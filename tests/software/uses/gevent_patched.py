"""gevent, patched: all that waits waits for greenlets."""

from gevent import monkey

monkey.patch_all()

from tests.software.programs.gevent_patched import greenlets_wait  # noqa: E402

greenlets_wait()
print("patched", monkey.is_module_patched("threading"))
