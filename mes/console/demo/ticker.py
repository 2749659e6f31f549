"""What a step says on its way: on a terminal its latest line in one place, elsewhere every line."""

import io

from django.core.management.base import OutputWrapper

WIDTH = 100
START_OF_LINE = "\r\033[K"


class Ticker(io.TextIOBase):
    """A stream for commands that run as steps of a longer one."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.in_place = out.isatty()

    def isatty(self) -> bool:
        return False

    def write(self, text: str, /) -> int:
        for line in filter(str.strip, text.splitlines()):
            if self.in_place:
                self.out.write(f"{START_OF_LINE}      {line.strip()[:WIDTH]}", ending="")
            else:
                self.out.write(f"      {line}")
        self.out.flush()
        return len(text)

    def done(self, seconds: float) -> None:
        """Close with the time the step took."""
        self.out.write(f"{START_OF_LINE if self.in_place else ''}      done in {seconds:.1f} s")
        self.out.flush()
