"""Look here if you want to know what "allowed" means."""
