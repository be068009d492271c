"""Look here if you want to know what `python -m lion` does: the same as `lion`."""

import sys

from lion.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
