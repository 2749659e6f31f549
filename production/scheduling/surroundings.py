"""What the improver keeps of a plan to cut parts from it, and the clock on which it measures them."""

from collections import Counter
from dataclasses import dataclass

from production.scheduling.calendar import Calendar
from production.scheduling.plant import Plan, Plant


class Clock:
    """The worked clock of the plant's most used calendar; the wall clock when that is always open."""

    def __init__(self, plant: Plant) -> None:
        used = Counter(
            modes[0][0] for i, modes in enumerate(plant.modes) if not plant.unlimited[modes[0][0]]
        ) or Counter([0])
        by_calendar: Counter[int | None] = Counter()
        index: dict[int | None, int] = {}
        for m, count in used.items():
            calendar = plant.calendars[m] if m < len(plant.calendars) else None
            name = None if calendar is None else id(calendar)
            by_calendar[name] += count
            index.setdefault(name, m)
        self.calendar = plant.calendars[index[by_calendar.most_common(1)[0][0]]] if plant.calendars else None
        self.is_exact = all(calendar is None for calendar in plant.calendars)
        self.pace = [self._pace(plant, m) for m in range(len(plant.calendars))]

    def _pace(self, plant: Plant, machine: int) -> float:
        """Seconds of this clock that a working second of a machine takes."""
        own, mine = plant.calendars[machine], self.calendar
        if own is mine:
            return 1.0
        return _share_open(mine) / _share_open(own)

    def read(self, at: float) -> int:
        """The reading at a real moment."""
        return int(at) if self.calendar is None else self.calendar.worked(int(at))

    def real(self, reading: int) -> float:
        """The real moment of a reading."""
        if self.calendar is None:
            return reading
        opening = self.calendar.opening(reading)
        return self.calendar.end + reading - self.calendar.total if opening is None else opening

    def length(self, machine: int, seconds: int) -> int:
        """The length of a run on this clock."""
        pace = self.pace[machine]
        return seconds if pace == 1.0 else round(seconds * pace)


def _share_open(calendar: Calendar | None) -> float:
    if calendar is None or not calendar.total:
        return 1.0
    return calendar.total / (calendar.end - calendar.windows[0][0])


@dataclass(slots=True)
class Surroundings:
    """What the improver keeps of a plan to cut scopes from it."""

    plan: Plan
    order: list[int]  # tasks by run
    place: list[int]  # of each task in `order`
    before: list[int]  # the task before on its limited machine, -1 for none
    after: list[int]
    tail: list[int]  # clock seconds from each task's end to the last end that waits for it
    ends: dict[int, int]  # of jobs, real


def survey(plant: Plant, clock: Clock, plan: Plan) -> Surroundings:
    """Look a plan over."""
    size = plant.size
    placed = [i for i in range(size) if i not in plan.unplaced]
    rank = plant.rank
    order = sorted(placed, key=lambda i: (plan.run[i], plan.end[i], rank[i]))
    place = [-1] * size
    for position, i in enumerate(order):
        place[i] = position
    before, after = [-1] * size, [-1] * size
    last: dict[int, int] = {}
    for i in order:
        machine = plan.machine[i]
        if plant.unlimited[machine]:
            continue
        if machine in last:
            before[i] = last[machine]
            after[last[machine]] = i
        last[machine] = i
    tail = [0] * size
    if not plant.is_due:
        for i in reversed(order):
            heirs = [arc.task for arc in plant.succs[i]] + ([after[i]] if after[i] >= 0 else [])
            tail[i] = max(
                (tail[s] + clock.length(plan.machine[s], plan.seconds[s]) for s in heirs if place[s] >= 0),
                default=0,
            )
    return Surroundings(plan, order, place, before, after, tail, plant.ends(plan))
