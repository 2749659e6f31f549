"""What is handed on before the end lets work begin at the same moment in the plan and where room is looked for in it.

The plan works it out in its compiled loops, `production.insertion` for promises in plain Python.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from production.insertion import After, Choice, Line, Work, insert
from production.scheduling import Calendar, Job, Link, Machine, Mode, Problem, Task, solve

END = 1_000_000
SPANS = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 300)), min_size=1, max_size=6)


def calendar_of(spans: list[tuple[int, int]]) -> Calendar:
    """Windows of these lengths, each after a break, and then always."""
    windows, at = [], 0
    for pause, length in spans:
        windows.append((at + pause, at + pause + length))
        at += pause + length
    return Calendar((*windows, (at + 100, END)))


CALENDARS = SPANS.map(calendar_of)


@given(
    calendars=st.tuples(CALENDARS, CALENDARS),
    seconds=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    share=st.sampled_from([0.01, 0.25, 1 / 3, 0.5, 0.9, 1.0]),
    wait=st.sampled_from([0, 0, 30, 700]),
)
@settings(max_examples=150, deadline=None)
def test_overlapping_work_begins_and_ends_alike_in_the_plan_and_in_promises(calendars, seconds, share, wait):
    machines = tuple(Machine(name, calendar) for name, calendar in zip("MN", calendars, strict=True))
    first = Task("1", "J", (Mode("M", seconds[0]),))
    link = Link("1", "J", wait_seconds=wait, transfer_share=share)
    second = Task("2", "J", (Mode("N", seconds[1]),), after=(link,))
    planned = solve(Problem(machines, (Job("J", (first, second)),)), seconds=0).by_key()["J", "2"]

    lines = dict(enumerate(map(Line, calendars)))
    works = [Work(1, (Choice(0, seconds[0]),)), Work(2, (Choice(1, seconds[1]),), (After(1, wait, share),))]
    _, room = insert(works, lines, lambda before, after: 0, floor=0)

    assert (room.start, room.end) == (planned.start, planned.end)
