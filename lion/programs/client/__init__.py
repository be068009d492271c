"""Look here if you want to know what programs of others import as `lion_agent`: this folder is on
their path, whichever Python they are run by.
"""
