"""What the running Python does is asked of it, not of its number."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ASKS = re.compile(r"\bversion_info\b|\bhexversion\b|\bPy_3_\d+")


def test_every_question_for_a_version_says_why_it_goes_by_number() -> None:
    """A patch release can change what is asked elsewhere; so that has to be tried."""
    found = []
    for path in [
        *(ROOT / "python").rglob("*.py"),
        *(ROOT / "crates").glob("*/src/**/*.rs"),
    ]:
        text = path.read_text()
        if ASKS.search(text) and "By number" not in text:
            found.append(path.relative_to(ROOT))
    assert not found
