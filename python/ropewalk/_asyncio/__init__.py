"""What ropewalk.asyncio is made of, one module for each part.

Promise: each has a dict ``OURS`` of the public names that it brings, and
``_put_into(module)``, which puts its names into one of asyncio's own modules. None of
them needs the package ``asyncio`` to be complete: they are imported in the middle of
its import.
"""
