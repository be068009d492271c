"""Look here if you want to know what holds for all tests.

Rule: no test fails because a machine is slow: hypothesis neither times examples nor judges how
fast they are made.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("lion", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lion")
