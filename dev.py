#!/usr/bin/env python3
"""The developer's commands. `python3 dev.py --help` lists them. Must parse on any Python, to say which one
is needed."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed, this is %d.%d: run `python3.11 dev.py`." % sys.version_info[:2])

from devkit.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
