"""What the standard library does, remembered per interpreter and test module.

Promise: a remembered result is used only for the same interpreter build, the same
test file and the same order; one with a hang, a crash or a loss is measured anew.
"""

import contextlib
import hashlib
import json
from pathlib import Path

from tests.cpython.supervisor import ModuleResult, Order, Outcome
from tests.cpython.target import Target

_FORMAT = 1
_KEPT = {"pass", "skip", "fail", "error"}


class Store:
    """A folder of JSON files, one per module."""

    def __init__(self, folder: Path, target: Target) -> None:
        self._target = target
        self._folder = folder / target.version

    def _file(self, order: Order) -> Path:
        facts = (
            _FORMAT,
            self._target.build,
            self._target.executable,
            order.module,
            order.drop,
            order.resources,
        )
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
        return self._folder / f"{order.module}-{digest}.json"

    def load(self, order: Order) -> ModuleResult | None:
        """The remembered result, or None."""
        try:
            facts = json.loads(self._file(order).read_text("utf-8"))
            found = {name: Outcome(**one) for name, one in facts["outcomes"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return ModuleResult(order, found, seconds=facts["seconds"])

    def save(self, result: ModuleResult) -> None:
        """Remember a result that is worth it."""
        if any(one.kind not in _KEPT for one in result.outcomes.values()):
            return
        facts = {
            "seconds": result.seconds,
            "outcomes": {name: vars(one) for name, one in result.outcomes.items()},
        }
        file = self._file(result.order)
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            part.write_text(json.dumps(facts), "utf-8")
            part.replace(file)
