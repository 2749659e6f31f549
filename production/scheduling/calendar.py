"""Working time of a machine: windows in which it runs, arithmetic that skips the rest.

A calendar counts two clocks. *Real* seconds run always; *worked* seconds run only while a window is open.
Work of n seconds that may pause is plain addition on the worked clock, so everything here is one bisection:
`worked(t)` goes from the real clock to the worked one, `opening(w)` and `closing(w)` come back, to the first moment
after a break or to the last moment before it.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

Window = tuple[int, int]


@dataclass(frozen=True)
class Calendar:
    """The windows in which a machine works, as pairs [start, end) of seconds.

    Windows may come in any order and may touch or overlap: they are sorted and joined, empty ones dropped, so a
    break is only where there is a gap. `Machine.calendar = None` stands for a machine that never closes.
    """

    windows: tuple[Window, ...]
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)
    total: int = field(init=False, repr=False, compare=False)
    longest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        joined = _join(self.windows)
        before, worked = [], 0
        for start, end in joined:
            before.append(worked)
            worked += end - start
        object.__setattr__(self, "windows", joined)
        object.__setattr__(self, "_starts", tuple(start for start, _ in joined))
        object.__setattr__(self, "_ends", tuple(end for _, end in joined))
        object.__setattr__(self, "_before", tuple(before))
        object.__setattr__(self, "total", worked)
        object.__setattr__(self, "longest", max((end - start for start, end in joined), default=0))

    @property
    def worked_before(self) -> tuple[int, ...]:
        """Worked seconds before each window."""
        return self._before

    def and_also(self, other: "Calendar") -> "Calendar":
        """The time that lies in both calendars."""
        shared = []
        i = j = 0
        while i < len(self.windows) and j < len(other.windows):
            (start, end), (first, last) = self.windows[i], other.windows[j]
            shared.append((max(start, first), min(end, last)))
            if end < last:
                i += 1
            else:
                j += 1
        return Calendar(tuple(shared))

    @property
    def end(self) -> int:
        """The moment after which this calendar knows no more working time."""
        return self._ends[-1] if self._ends else 0

    def worked(self, at: int) -> int:
        """Worked seconds from the calendar's beginning to the moment `at`."""
        i = bisect_right(self._starts, at) - 1
        if i < 0:
            return 0
        return self._before[i] + min(at, self._ends[i]) - self._starts[i]

    def worked_between(self, start: int, end: int) -> int:
        """Worked seconds between two moments."""
        return self.worked(end) - self.worked(start)

    def opening(self, worked: int) -> int | None:
        """The last real moment at which `worked` seconds have passed: after a break, not before it.

        None when the calendar has no working time left.
        """
        if worked >= self.total:
            return None
        i = bisect_right(self._before, worked) - 1
        return self._starts[i] + worked - self._before[i]

    def closing(self, worked: int) -> int | None:
        """The first real moment at which `worked` seconds have passed: before a break, not after it.

        None when the calendar never offers that much.
        """
        if worked > self.total or not self._starts:
            return None
        i = max(bisect_left(self._before, worked) - 1, 0)
        return self._starts[i] + worked - self._before[i]

    def next_open(self, at: int) -> int | None:
        """The first working moment at or after `at`; None when the calendar is over."""
        i = bisect_right(self._ends, at)
        if i == len(self._ends):
            return None
        return max(at, self._starts[i])

    def is_open(self, at: int) -> bool:
        """Whether the machine works at the moment `at`."""
        return self.next_open(at) == at

    def end_after(self, start: int, seconds: int) -> int | None:
        """When work of `seconds` begun at `start` is done, pausing over every break.

        None when the calendar ends first.
        """
        if seconds == 0:
            return self.next_open(start)
        return self.closing(self.worked(start) + seconds)

    def fit(self, at: int, seconds: int) -> int | None:
        """The first moment at or after `at` from which `seconds` fit into one window without a pause.

        None when no later window is long enough.
        """
        for i in range(bisect_right(self._ends, at), len(self._ends)):
            start = max(at, self._starts[i])
            if self._ends[i] - start >= seconds:
                return start
        return None


def _join(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    joined: list[Window] = []
    for start, end in sorted((int(start), int(end)) for start, end in windows):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
