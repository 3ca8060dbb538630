"""What a Python that starts runs from 3.15 on, instead of the line in the .pth file.

Promise: it imports nothing unless ROPEWALK=1 asks for ropewalk (PEP 829).
"""

import os


def begin() -> None:
    """Install ropewalk if the environment asks for it."""
    if os.environ.get("ROPEWALK") == "1":
        from ropewalk import _children

        _children.begin()
