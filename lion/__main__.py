"""Look here if you want to know what `python -m lion` does: the same as `lion`."""

from lion.cli.main import start

if __name__ == "__main__":
    start()
