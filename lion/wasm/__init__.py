"""Look here if you want to know how components run."""
