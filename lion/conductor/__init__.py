"""Look here if you want to know who does what a workflow's strategy asks for: deterministic code
that acts by host calls alone, as a guest does, and so is decided, recorded and replayed as one.
"""
