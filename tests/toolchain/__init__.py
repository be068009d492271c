"""Look here if you want to know what the tests of the toolchain share: nothing yet."""
