"""Look here if you want to know how a component that imports WASI becomes one that imports lion's
interfaces alone.
"""
