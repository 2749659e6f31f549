"""How long work really took at each work center against what was planned for it, measured from time entries."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Max

from production.calendars import load_calendars
from production.eligibility import run_seconds
from production.families import setup_between
from production.foresight import Habit, habit
from production.models import Changeover, Machine, Operation, Step, TimeEntry
from production.scheduling import Calendar

MEMORY = timedelta(days=60)
NEWS = 50  # time entries
REMEMBERED_SECONDS = 3600
HOUR = 3600


def measure(*, at: datetime) -> dict[int, Habit]:
    """By work center, the habit of what was finished on its machines in the last sixty days, in eight queries.

    Actual hours are those worked on an operation while its machine was open, pauses left out. Planned ones are the step's, with
    the set-up that the operation before it on the machine left to do.
    """
    since = at - MEMORY
    machines = {row.pk: row for row in Machine.objects.select_related("work_center__site")}
    actual = _worked(machines, since, at)
    pairs: dict[int, list[tuple[float, float]]] = {}
    for operation, machine, planned in _planned(machines, since, at):
        if (spent := actual.get(operation)) is not None:
            pairs.setdefault(machines[machine].work_center_id, []).append((planned, spent))
    return {center: habit(own) for center, own in pairs.items()}


def remembered(*, at: datetime) -> Mapping[int, Habit]:
    """The habits as they were measured last; anew after `NEWS` more time entries, the next day, or an hour."""
    last = TimeEntry.objects.aggregate(last=Max("pk"))["last"]
    if last is None:
        return {}
    key = f"production.habits.{last // NEWS}.{at.date()}"
    found: dict[int, Habit] | None = cache.get(key)
    if found is None:
        found = measure(at=at)
        cache.set(key, found, REMEMBERED_SECONDS)
    return found


def _worked(machines: Mapping[int, Machine], since: datetime, at: datetime) -> dict[int, float]:
    """Hours spent on each operation that was finished since, as far as its machine was open meanwhile."""
    rows = TimeEntry.objects.filter(
        operation__finished_at__gte=since, operation__finished_at__lte=at, machine__isnull=False
    )
    clocks = _clocks(machines, since - MEMORY, at)
    spent: dict[int, float] = {}
    for operation, machine, start, end in rows.values_list("operation", "machine", "started_at", "ended_at"):
        if machine is None:
            continue
        first, last = (int((moment - since + MEMORY).total_seconds()) for moment in (start, end))
        open_seconds = clocks[machine].worked_between(max(first, 0), max(last, 0))
        # Work in hours that the calendar has as closed was overtime that nobody stated.
        spent[operation] = spent.get(operation, 0.0) + (open_seconds or last - first) / HOUR
    return spent


def _clocks(machines: Mapping[int, Machine], start: datetime, end: datetime) -> dict[int, Calendar]:
    centers = {machine.work_center_id: machine.work_center for machine in machines.values()}
    calendars = load_calendars(centers.values(), start, end, at=end)
    of_center = {
        key: Calendar(
            tuple(
                (int((first - start).total_seconds()), int((last - start).total_seconds()))
                for first, last in calendars.of_work_center(center)
            )
        )
        for key, center in centers.items()
    }
    return {key: of_center[machine.work_center_id] for key, machine in machines.items()}


def _planned(
    machines: Mapping[int, Machine], since: datetime, at: datetime
) -> Iterable[tuple[int, int, float]]:
    """Operation, machine and planned hours of what was finished since, machine by machine in the order of work."""
    changeovers = {
        (row.work_center_id, row.from_family, row.to_family): row.seconds for row in Changeover.objects.all()
    }
    done = Operation.objects.filter(
        status=Operation.Status.DONE,
        finished_at__gte=since,
        finished_at__lte=at,
        machine__isnull=False,
    ).order_by("machine", "started_at", "pk")
    rows = list(done.values_list("pk", "machine", "step", "batch__quantity"))
    steps = Step.objects.in_bulk({step for _, _, step, _ in rows})
    before: tuple[int, str] | None = None
    for operation, machine, step_id, quantity in rows:
        if machine is None:
            continue
        step = steps[step_id]
        former = before[1] if before is not None and before[0] == machine else ""
        seconds = run_seconds(step, quantity, machines[machine].speed) + _setup(step, former, changeovers)
        before = (machine, step.setup_family)
        yield operation, machine, seconds / HOUR


def _setup(step: Step, former: str, changeovers: Mapping[tuple[int, str, str], int]) -> int:
    """Seconds of set-up after a step of another family on the machine; of no family where nobody knows what it was."""
    if not step.setup_family:
        return step.setup_seconds
    center = step.work_center_id
    return setup_between((center, former, 0), (center, step.setup_family, step.setup_seconds), changeovers)
