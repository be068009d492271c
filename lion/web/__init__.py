"""Look here if you want to know how a service is spoken to: JSON over HTTP."""
