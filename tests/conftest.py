"""What every run of the tests has in common.

Properties are tried with the same examples in each run, so that a change is judged by what it changes; and no example
is too slow, for a machine may be held up at any moment. ``--hypothesis-profile=explore`` tries others.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("explore"), derandomize=True, database=None)
settings.load_profile("same")
