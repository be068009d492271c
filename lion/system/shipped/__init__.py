"""Look here if you want to know which system plugins come with lion: one file each."""
