"""What a search takes: time on the wall, or what its work comes to."""

from dataclasses import dataclass, replace
from time import monotonic
from typing import Self


class Effort:
    """Several workers go by the wall. One goes by its work, at a pace that is fixed, so that a seed always walks as far.

    Moments are seconds on a scale of its own. A machine that is slower than the pace is stopped by the wall all the same.
    """

    def __init__(self, seconds: float, workers: int) -> None:
        """:param seconds: on the wall, from now on, that nothing counted goes beyond."""
        self.is_counted = workers == 1
        self.seconds = seconds
        self.spent = 0.0
        self.stop = monotonic() + seconds

    def now(self) -> float:
        """The moment; the last there is once the wall says so."""
        if not self.is_counted:
            return monotonic()
        return self.spent if monotonic() < self.stop else max(self.spent, self.seconds)

    def spend(self, seconds: float) -> None:
        """Count work that takes so long at the pace."""
        self.spent += seconds

    def patience(self, until: float) -> float:
        """Seconds on the wall to wait for work that has to be done by the moment `until`."""
        return max(0.0, (self.stop if self.is_counted else until) - monotonic())


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search may use: effort until a moment, threads, and its dice."""

    effort: Effort
    until: float
    seed: int = 0
    workers: int = 1

    @property
    def left(self) -> float:
        """Seconds until the moment; negative after it."""
        return self.until - self.effort.now()

    def part(self, share: float) -> Self:
        """The same for a share of the time that is left."""
        return replace(self, until=self.effort.now() + share * self.left)
