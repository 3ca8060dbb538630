"""The command: see `python tests/cpython/run.py --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.cpython.main import main

if __name__ == "__main__":
    sys.exit(main())
