"""Look here if you want to know what a grant or a rule of a capability says and matches."""
