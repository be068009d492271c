"""Look here if you want to know how hypothesis is set up here: a slow machine is no broken law."""

from hypothesis import settings

settings.register_profile("lion", deadline=None)
settings.load_profile("lion")
