"""Look here if you want to know what each host function does."""
