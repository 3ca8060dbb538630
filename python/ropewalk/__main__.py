"""``python -m ropewalk``: see ropewalk._launch."""

from ropewalk._launch import main

main()
