"""Look here if you want to know what each command does: one file per command."""
