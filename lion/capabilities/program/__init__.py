"""Look here if you want to know how the program of an agent of others runs."""
