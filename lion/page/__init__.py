"""Look here if you want to know how a run is shown as a page."""
