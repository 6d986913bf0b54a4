"""How many examples Hypothesis tries: HYPOTHESIS_PROFILE=nightly for the long run, quick while at work."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=SLOW, print_blob=True
)
settings.register_profile(
    "nightly", max_examples=2000, deadline=None, suppress_health_check=SLOW, print_blob=True
)
settings.register_profile(
    "quick", max_examples=20, deadline=None, derandomize=True, suppress_health_check=SLOW, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
