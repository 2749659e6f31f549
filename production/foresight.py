"""Delays before they happen: how late work tends to be, and what that does to orders which the plan has on time.

A plan takes every duration for certain. Here each operation is given the habit of its work center, how much longer than planned work
there has taken and how much that varies, and the delays are carried through the plan: to the next operation on the machine and to
the next step of the order, less what the hours between them absorb. It is the longest path of PERT (Malcolm et al., 1959) along the
arcs of the planned schedule: of what an operation waits for, whatever is expected last counts, with the variance of that path.
All hours are working hours of the machine in question, so a night absorbs nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import erf, sqrt

STEADY = 5.0
"""Work done so often counts as much as the assumption that all goes as planned; with more, what was measured prevails."""

LEAST_SPREAD = 0.25  # hours; nothing is known to the minute


@dataclass(frozen=True)
class Habit:
    """How work went at a work center: `overrun` is the share by which it took longer than planned (negative: less), on
    average over planned hours; `spread` is the standard deviation of that share from one operation to the next."""

    count: int = 0
    overrun: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True)
class Arc:
    """Something that must end before, and the working hours that lie between its end and this start in the plan."""

    operation: int
    gap_hours: float


@dataclass(frozen=True)
class Step:
    """A planned operation: its planned working hours at a place with habits, and what comes before it there and in its order."""

    operation: int
    place: int
    hours: float
    after: tuple[Arc, ...] = ()


@dataclass(frozen=True)
class Delay:
    """How much later an operation is expected to end than planned; `because` comes before it on the path that delays it."""

    hours: float
    variance: float
    own_hours: float
    because: int | None = None

    def risk(self, slack_hours: float) -> float:
        """How likely it is that the delay is more than the slack, were delays normally distributed."""
        spread = max(sqrt(self.variance), LEAST_SPREAD)
        return 0.5 * (1 - erf((slack_hours - self.hours) / spread / sqrt(2)))


ON_TIME = Delay(0.0, 0.0, 0.0)


def habit(done: Iterable[tuple[float, float]]) -> Habit:
    """The habit that shows in pairs of planned and actual hours. Few of them weigh little."""
    pairs = [(planned, actual) for planned, actual in done if planned > 0]
    total = sum(planned for planned, _ in pairs)
    if not pairs:
        return Habit()
    mean = sum(actual for _, actual in pairs) / total - 1
    variance = sum(planned * (actual / planned - 1 - mean) ** 2 for planned, actual in pairs) / total
    trust = len(pairs) / (len(pairs) + STEADY)
    return Habit(len(pairs), mean * trust, sqrt(variance))


def foresee(steps: Iterable[Step], habits: Mapping[int, Habit]) -> dict[int, Delay]:
    """The expected delay of every operation.

    :param steps: in the order in which the plan begins them, so that whatever comes before is named before.
    """
    delays: dict[int, Delay] = {}
    for step in steps:
        start, because = ON_TIME, None
        for arc in step.after:
            before = delays.get(arc.operation)
            if before is not None and before.hours - arc.gap_hours > max(start.hours, 0.0):
                start, because = Delay(before.hours - arc.gap_hours, before.variance, 0.0), arc.operation
        own = habits.get(step.place, Habit())
        longer = step.hours * own.overrun
        delays[step.operation] = Delay(
            max(start.hours + longer, 0.0), start.variance + (step.hours * own.spread) ** 2, longer, because
        )
    return delays


def path(operation: int, delays: Mapping[int, Delay]) -> list[int]:
    """The operations whose overruns reach this one, the first of them first."""
    found: list[int] = []
    at: int | None = operation
    while at is not None:
        found.append(at)
        at = delays[at].because
    return found[::-1]
