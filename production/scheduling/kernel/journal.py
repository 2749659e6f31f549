"""Changes of a plan's graph, kept so that any number of them can be undone, the latest first.

`change` takes back the last change only, and a copy of a plan of ten thousand tasks costs more than what most trials change in it.
"""

from typing import NamedTuple

import numpy as np

from production.scheduling.kernel.arrays import Ints, Table
from production.scheduling.kernel.change import lift, link, put_held, take_back, unlink
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.graph import ENTRY, tally_up
from production.scheduling.kernel.order import put_back

STEP = np.dtype(
    [
        ("task", np.int64),
        ("mode", np.int64),  # where it was, −1: it was lifted already
        ("before", np.int64),
        ("hold", np.int64),
        ("start", np.int64),
        ("run", np.int64),
        ("end", np.int64),
        ("cost", np.float64),
        ("is_lifted", np.int64),  # by this step
        ("entries", np.int64),  # first row of the entries that it wrote
        ("places", np.int64),  # first row of those that changed places by it
        ("low", np.int64),
        ("high", np.int64),
        ("total", np.float64),
        ("makespan", np.int64),
    ],
    align=True,
)
STEPS = 4096
ROOM = 16  # logs of the largest change there can be


class Journal(NamedTuple):
    """Steps and what each of them overwrote."""

    step: Table  # STEP
    entry: Table  # ENTRY
    place: Ints
    filled: Ints  # rows of each of the three


def journal_for(size: int) -> Journal:
    """An empty journal for the plan of so many tasks."""
    rows = ROOM * max(size, 256)
    return Journal(
        np.empty(STEPS, STEP), np.empty(rows, ENTRY), np.empty(rows, np.int64), np.zeros(3, np.int64)
    )


@compiled
def put_noted(a, graph, journal, i, k, behind, hold, limit):
    """`put_held`; where a task cannot go, or the journal is full, nothing is changed."""
    if not _has_room(graph, journal):
        return False
    if not put_held(a, graph, i, k, behind, hold, limit):
        take_back(a, graph)
        return False
    change = graph.change[0]
    step = journal.step[journal.filled[0]]
    step.task, step.mode, step.before, step.hold = change.task, change.mode, change.before, change.hold
    step.start, step.run, step.end, step.cost, step.is_lifted = 0, 0, 0, 0.0, 0
    step.low, step.high, step.total, step.makespan = change.low, change.high, change.cost, change.makespan
    _write(graph, journal)
    return True


@compiled
def lift_noted(a, graph, journal, i):
    """`lift`, which can be undone, whether it could be done or not."""
    if not _has_room(graph, journal):
        return False
    n = graph.node[i]
    step = journal.step[journal.filled[0]]
    step.task, step.mode, step.before, step.hold = i, n.mode, n.before, n.hold
    step.start, step.run, step.end, step.cost, step.is_lifted = n.start, n.run, n.end, n.cost, 1
    step.low, step.high, step.total, step.makespan = 0, -1, graph.total[0], graph.clock[1]
    fits = lift(a, graph, i)
    _write(graph, journal)
    return fits


@compiled
def undo(a, graph, journal, mark):
    """Undo steps until only so many are left."""
    node = graph.node
    while journal.filled[0] > mark:
        journal.filled[0] -= 1
        step = journal.step[journal.filled[0]]
        n = node[step.task]
        if n.mode >= 0:
            unlink(a, graph, step.task)
        n.mode, n.hold = step.mode, step.hold
        if n.mode >= 0:
            link(a, graph, step.task, step.before)
        for x in range(step.places, journal.filled[2]):
            put_back(graph, journal.place[x])
        for e in range(journal.filled[1] - 1, step.entries - 1, -1):
            entry = journal.entry[e]
            other = node[entry.task]
            other.start, other.run, other.end, other.cost = entry.start, entry.run, entry.end, entry.cost
        if step.is_lifted:
            n.start, n.run, n.end, n.cost = step.start, step.run, step.end, step.cost
            tally_up(a, graph, a.task[step.task].job)
        for e in range(step.entries, journal.filled[1]):
            if a.task[journal.entry[e].task].is_last:
                tally_up(a, graph, a.task[journal.entry[e].task].job)
        journal.filled[1], journal.filled[2] = step.entries, step.places
        graph.total[0], graph.clock[1] = step.total, step.makespan


@compiled
def forget(journal):
    """What was noted so far is not to be undone any more."""
    journal.filled[0] = journal.filled[1] = journal.filled[2] = 0


@compiled
def _has_room(graph, journal):
    size, filled = len(graph.node), journal.filled
    return (
        filled[0] < len(journal.step)
        and filled[1] + size <= len(journal.entry)
        and filled[2] + size <= len(journal.place)
    )


@compiled
def _write(graph, journal):
    """Keep what the last change overwrote, and count its step."""
    filled = journal.filled
    step = journal.step[filled[0]]
    step.entries, step.places = filled[1], filled[2]
    for e in range(graph.change[0].entries):
        journal.entry[filled[1] + e] = graph.log[e]
    for x in range(step.low, step.high + 1):
        journal.place[filled[2] + x - step.low] = graph.stretch[x]
    filled[0] += 1
    filled[1] += graph.change[0].entries
    filled[2] += max(step.high - step.low + 1, 0)
