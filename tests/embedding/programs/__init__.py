"""Programs with lion in them, started as processes by test_signals.py."""
