"""Why work finds no room as far as plans go, in words, and what can be done about it."""

from collections.abc import Iterable, Mapping

from production.feasible import Piece
from production.insertion import Line, Pool, Work
from production.models import Machine

MACHINES_NAMED = 3


def why_no_room(
    piece: Piece,
    work: Work,
    machines: Mapping[int, Machine],
    lines: Mapping[int, Line],
    pools: Mapping[str, Pool],
) -> tuple[str, str]:
    """What keeps a piece of work from being done at any time, and what to do about it.

    :param machines: those of the lines that are no work center without limit, by key.
    """
    for name, amount in work.needs:
        there = pools[name].capacity
        if there < amount:
            return (
                f"{piece} needs {amount} of {name}, of which there are {there}",
                "Provide more of it, bring back what is away, or revise the step.",
            )
    where = _named([machines[c.machine].code for c in work.choices if c.machine in machines]) or str(
        piece.step.work_center
    )
    calendars = [(choice.seconds, lines[choice.machine].calendar) for choice in work.choices]
    if not any(calendar.total for _, calendar in calendars):
        return (
            f"{piece} is for {where}, without working time",
            "Give it shifts, end its downtime, or give the step another machine.",
        )
    if not work.may_pause and all(seconds > calendar.longest for seconds, calendar in calendars):
        hours = min(seconds for seconds, _ in calendars) / 3600
        longest = max(calendar.longest for _, calendar in calendars) / 3600
        return (
            f"{piece} must not pause and takes {hours:.1f} h, and {where} never works longer than {longest:.1f} h on end",
            "Ask for less, let it pause over a break, or lengthen a shift.",
        )
    return (
        f"{where} has no time left for {piece}",
        "Ask for less, or give its machines longer hours or shorter downtimes.",
    )


def _named(codes: Iterable[str]) -> str:
    """“M1, M2 and 7 more”."""
    names = sorted(codes)
    if len(names) > MACHINES_NAMED:
        return f"{', '.join(names[: MACHINES_NAMED - 1])} and {len(names) - MACHINES_NAMED + 1} more"
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
