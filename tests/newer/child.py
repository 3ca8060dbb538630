"""Runs the programs in a child process: KIND NAMES ENGINE PROGRAM...

Promise: the library is changed before anything of it is imported. ENGINE is "ours" or
"stdlib"; with KIND "as_it_is" nothing is changed.
"""

import sys

from tests.newer import library, programs


def main(kind: str, names: str, engine: str, *chosen: str) -> None:
    """Change the library, install ropewalk, run the programs."""
    if kind != "as_it_is":
        library.begin(kind, frozenset(names.split(",")))
    if engine == "ours":
        import ropewalk
        from ropewalk import _pieces

        # What is not as known is no news where everything is changed.
        _pieces.TESTED |= {_pieces.running()}
        ropewalk.install()
    for program in chosen:
        print(f"{program}:")
        programs.PROGRAMS[program]()
    if engine == "ours":
        print(
            f"not ours: {dict(filter(all, _pieces.reasons().items()))}", file=sys.stderr
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
