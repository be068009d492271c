"""Look here if you want to know how a manifest runs dry: nothing leaves, whatever is granted."""
