"""Look here if you want to know how lion lives: workspace, tasks, scheduler, commands."""
