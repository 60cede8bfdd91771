"""What holds for all tests."""

import os

from hypothesis import HealthCheck, settings

# The same examples in every run, and none that fails because the machine is busy: what a longer search finds becomes a
# test of its own. `--hypothesis-profile=search` looks further, and so does `make fuzz`.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("search", deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=int(os.environ.get("EXAMPLES", "500")),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("repeatable")
