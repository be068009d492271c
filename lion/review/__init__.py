"""Look here if you want to know what can be said of a plan or of a recorded run."""
