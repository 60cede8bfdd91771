"""Secrets that are the same in every run of a seed."""

from random import Random


class Seeded:
    """The part of `secrets` that ids use, from a world's own randomness."""

    def __init__(self, random: Random) -> None:
        self.choice, self.randbelow = random.choice, random.randrange
        self._random = random

    def token_hex(self, size: int) -> str:
        return self._random.randbytes(size).hex()
