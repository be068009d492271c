"""Look here if you want to know what the live page shows, a module for each screen."""
