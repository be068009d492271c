"""Look here if you want to know how a host call is decided, executed and recorded."""
