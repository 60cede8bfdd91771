"""How long calls take, and how many the carrier takes: for the load mode, in which many are at work at once."""

from collections.abc import Callable
from random import Random

from tests.simulation.cloud import errors
from tests.simulation.cloud.gate import Call
from tests.simulation.timeline import Timeline

SECONDS = {
    "dynamodb": (0.003, 0.008),
    "sts": (0.02, 0.06),
    "sqs": (0.005, 0.015),
    "scheduler": (0.02, 0.06),
    "sns": (0.05, 0.15),
    "sesv2": (0.05, 0.15),
}
"""The least and the most that a call takes. A handler's own work and cold starts are left out."""

CARRIER = 3.0  # SMS a second, of a toll-free number
BURST = 3.0
TIMEOUT = 3.0  # of a call that is not answered: aws.TIMEOUT_SECONDS


class Pace:
    """Stands at the gate and lets calls take their time.

    The carrier refuses what is more than it takes. `dead`: to whom it does not answer at all.
    """

    def __init__(self, timeline: Timeline, random: Random, dead: Callable[[str], bool] = lambda number: False) -> None:
        self._timeline, self._random, self._dead = timeline, random, dead
        self._paid = 0.0  # when all messages that the carrier took are paid for
        self.refused = 0

    def before(self, call: Call) -> None:
        """Let time pass, and refuse what is too much."""
        if not call.function:
            return
        if call.service == "sns" and self._dead(call.arguments["PhoneNumber"]):
            self._timeline.spend(TIMEOUT)
            raise errors.error("InternalError", "Publish")
        self._timeline.spend(self._random.uniform(*SECONDS[call.service]))
        if call.service == "sns":
            self._take()

    def after(self, call: Call) -> None:
        """The answer is there."""

    def _take(self) -> None:
        now = self._timeline.seconds
        paid = max(self._paid, now) + 1 / CARRIER
        if paid > now + BURST / CARRIER:
            self.refused += 1
            raise errors.error("Throttled", "Publish")
        self._paid = paid
