"""Servers of the Model Context Protocol as tools for guests: trusted no further than what was
pinned of them.
"""
