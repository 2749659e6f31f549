"""What limits the plan beside machines: tools, people with a qualification, and reserved shares of capacity.

The scheduler knows so many of a resource, and when it is there. Where the number changes (a tool goes out for calibration, a
qualification lapses), the plan counts on the fewest that are there at any time within its horizon and still serve the
step that needs most; while even fewer are there, none is planned with. That is never too much, and `Counted` says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from production.calendars import Stretch
from production.models import (
    Machine,
    Operation,
    Qualification,
    SchedulingRules,
    Step,
    Tool,
    ToolAbsence,
    WorkCenter,
)

WEEK = timedelta(days=7)
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Away:
    """So many of something are not there from one moment to another."""

    starts_at: datetime
    ends_at: datetime
    quantity: int = 1


@dataclass(frozen=True)
class Counted:
    """A resource as the plan counts on it: so many, while `open` (None: always); `most` are there at the best of times."""

    name: str
    quantity: int
    most: int
    open: tuple[Stretch, ...] | None

    @property
    def is_cautious(self) -> bool:
        """Whether at times more are there than the plan counts on."""
        return self.quantity < self.most or self.open is not None


@dataclass(frozen=True)
class Limits:
    """What operations need beside their machine, by step, and what there is of it."""

    rules: SchedulingRules
    counted: tuple[Counted, ...]
    needs: Mapping[int, tuple[tuple[str, int], ...]]  # step -> resource and how many of it
    weeks: tuple[datetime, ...]  # between which reserved shares count

    def of(self, operation: Operation) -> tuple[tuple[str, int], ...]:
        return self.needs.get(operation.step_id, ())


def load_limits(
    operations: Sequence[Operation],
    centers: Iterable[WorkCenter],
    end: datetime,
    *,
    at: datetime,
) -> Limits:
    """Read them in four queries, as they will be from `at` on.

    :param operations: with their steps' `work_center__site` and `tool_needs` loaded.
    """
    rules = SchedulingRules.objects.current()
    counted, needs = load_counted({operation.step_id: operation.step for operation in operations}, at, end)
    return Limits(
        rules=rules,
        counted=counted,
        needs=needs,
        weeks=reserved_weeks(centers, rules.reserves_released_days, end, at=at),
    )


def load_counted(
    steps: Mapping[int, Step], at: datetime, end: datetime
) -> tuple[tuple[Counted, ...], dict[int, tuple[tuple[str, int], ...]]]:
    """The tools and people that some steps need, and by step which of them and how many.

    :param steps: with their `work_center__site` and `tool_needs` loaded.
    """
    needs = {pk: (*_tools_of(step), *_people_of(step)) for pk, step in steps.items()}
    least: dict[str, int] = {}
    for wanted in needs.values():
        for name, quantity in wanted:
            least[name] = max(least.get(name, 1), quantity)
    totals = {**_load_tools(steps.values(), end), **_load_people(steps.values(), at, end)}
    counted = [count(name, total, away, least[name], at, end) for name, (total, away) in totals.items()]
    return tuple(counted), {pk: wanted for pk, wanted in needs.items() if wanted}


def count(name: str, total: int, away: Sequence[Away], least: int, start: datetime, end: datetime) -> Counted:
    """How many the plan may count on between two moments, and when.

    :param least: what the step that needs most needs of it; where there are never so many, the most there are is told.
    """
    edges = sorted(
        {start, end, *(min(max(edge, start), end) for a in away for edge in (a.starts_at, a.ends_at))}
    )
    levels = [
        (
            first,
            last,
            max(total - sum(a.quantity for a in away if a.starts_at < last and a.ends_at > first), 0),
        )
        for first, last in pairwise(edges)
    ]
    enough = [level for _, _, level in levels if level >= least]
    most = max((level for _, _, level in levels), default=total)
    if not enough:
        return Counted(name, most, most, None)
    quantity = min(enough)
    there = tuple((first, last) for first, last, level in levels if level >= quantity)
    return Counted(name, quantity, most, None if len(there) == len(levels) else there)


def reserved_weeks(
    centers: Iterable[WorkCenter], released_days: int, end: datetime, *, at: datetime
) -> tuple[datetime, ...]:
    """The beginnings of the weeks in which reserved shares are kept: Mondays, from so many days ahead on.

    They are those of the first site that reserves any capacity; another's weeks differ by the hours between the zones.
    """
    reserving = sorted(
        {center.site.code: center.site for center in centers if center.reserved_shares}.items()
    )
    if not reserving:
        return ()
    zone: tzinfo = reserving[0][1].zone
    released = at + timedelta(days=released_days)
    monday = released.astimezone(zone).date()
    monday -= timedelta(days=monday.weekday())
    weeks = []
    while (moment := datetime.combine(monday, MIDNIGHT, zone)) < end:
        if moment >= released:
            weeks.append(moment)
        monday += WEEK
    return tuple(weeks)


def people_name(code: str, site: str) -> str:
    """What operators with a qualification are called in the problem."""
    return f"operators with {code} at {site}"


def tool_name(tool: Tool) -> str:
    """What a tool is called in the problem."""
    return f"tool {tool.code}"


def _tools_of(step: Step) -> tuple[tuple[str, int], ...]:
    return tuple((tool_name(need.tool), need.quantity) for need in step.tool_needs.all())


def _people_of(step: Step) -> tuple[tuple[str, int], ...]:
    center, code = step.work_center, step.required_qualification
    return ((people_name(code, center.site.code), 1),) if code and center.is_limited_by_people else ()


def _load_tools(steps: Iterable[Step], end: datetime) -> dict[str, tuple[int, list[Away]]]:
    tools = {need.tool_id: need.tool for step in steps for need in step.tool_needs.all()}
    away: dict[int, list[Away]] = {}
    for row in ToolAbsence.objects.filter(tool__in=tools, starts_at__lt=end).order_by("starts_at", "pk"):
        away.setdefault(row.tool_id, []).append(Away(row.starts_at, row.ends_at or end, row.quantity))
    return {tool_name(tool): (tool.quantity, away.get(pk, [])) for pk, tool in sorted(tools.items())}


def _load_people(steps: Iterable[Step], start: datetime, end: datetime) -> dict[str, tuple[int, list[Away]]]:
    """Who holds a qualification that limits the plan; one that lapses takes its holder away from the next day on."""
    asked = {
        (step.required_qualification, step.work_center.site_id): step.work_center.site
        for step in steps
        if _people_of(step)
    }
    held: dict[tuple[str, int], list[Away]] = {key: [] for key in asked}
    # A day more: it may still be the last one where the holder works.
    latest = start.date() - timedelta(days=1)
    rows = Qualification.objects.filter(code__in={code for code, _ in asked}).valid(latest)
    total = dict.fromkeys(asked, 0)
    for code, site, lapses in rows.order_by("pk").values_list("code", "operator__site", "expires_on"):
        if (code, site) not in asked:
            continue
        total[code, site] += 1
        if lapses is not None:
            gone = datetime.combine(lapses + timedelta(days=1), MIDNIGHT, asked[code, site].zone)
            if gone < end:
                held[code, site].append(Away(gone, end))
    return {
        people_name(code, site.code): (total[code, key], held[code, key])
        for (code, key), site in sorted(asked.items(), key=lambda pair: pair[0])
    }


def reserves_of(machine: Machine) -> dict[str, float]:
    """Shares of a machine's time that are kept, by strategy."""
    return {strategy: float(share) for strategy, share in machine.work_center.reserved_shares.items()}
