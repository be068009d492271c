"""Look here if you want to know the words lion is written in: pure values, no I/O."""
