"""What a program says at the terminal: steps with the time they took, tables, and emphasis where it can be seen."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

WIDTH = 46  # of a step's title


class Terminal:
    """Says things on a stream. Colour and overwriting only where the stream is a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.colour = self.live and "NO_COLOR" not in os.environ

    def say(self, text: str = "") -> None:
        """One line, at once."""
        print(text, file=self.stream, flush=True)

    def heading(self, text: str) -> None:
        """The title of what follows."""
        self.say(f"\n{self.bold(text)}\n")

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """One line for what happens inside, with the time it took; what is put into the list stands behind it."""
        if self.live:
            print(f"  {title} ...", end="", file=self.stream, flush=True)
        began = time.monotonic()
        notes: list[str] = []
        try:
            yield notes
        except BaseException:
            if self.live:
                self.say()
            raise
        took = f"{time.monotonic() - began:6.1f} s"
        start = "\r" if self.live else ""
        self.say(f"{start}  {title:<{WIDTH}} {self.dim(took)}  {'; '.join(notes)}")

    def line(self, title: str, note: str, seconds: float | None = None) -> None:
        """One line in the shape of a step; `seconds` is what was measured elsewhere."""
        took = " " * 8 if seconds is None else f"{seconds:6.1f} s"
        self.say(f"  {title:<{WIDTH}} {self.dim(took)}  {note}")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as what stands in them."""
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, ["-" * width for width in widths], *rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.say(f"  {'  '.join(cells).rstrip()}")

    def bold(self, text: str) -> str:
        """The text, emphasised if that can be seen."""
        return f"\033[1m{text}\033[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """The text, held back if that can be seen."""
        return f"\033[2m{text}\033[0m" if self.colour else text
