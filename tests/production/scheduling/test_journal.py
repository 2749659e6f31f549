"""Changes of a plan's graph are undone without a trace, however many they were."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from production.scheduling import Weights, solve
from production.scheduling.kernel.graph import graph_of
from production.scheduling.kernel.journal import ROOM, journal_for, lift_noted, put_noted, undo
from production.scheduling.plant import Plant
from production.scheduling.timing import timed
from tests.production.scheduling.shop import job, plant
from tests.production.scheduling.test_random_plants import problems

QUICK = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def graph(problem):
    """The plant of a problem with its present plan, and that plan's graph."""
    present = solve(problem, seconds=0).assignments
    numbered = Plant(problem, Weights(move=60.0, whole_move=5), present)
    key = np.array(
        [numbered.present[i].setup_end if i in numbered.present else 1e9 for i in range(numbered.size)]
    )
    machine = [
        numbered.machine_number[numbered.present[i].machine] if i in numbered.present else modes[0][0]
        for i, modes in enumerate(numbered.modes)
    ]
    hold = np.zeros(numbered.size, np.int64)
    return numbered, graph_of(numbered.arrays, timed(numbered, key, machine, hold).slots, hold)


def state(graph):
    """Everything that a plan's graph says of the plan."""
    return {
        **{name: graph.node[name].tolist() for name in graph.node.dtype.names},
        "order": graph.order.tolist(),
        "head": graph.head.tolist(),
        "end": graph.tally["end"].tolist(),
        "job cost": graph.tally["cost"].tolist(),
        "cost": float(graph.total[0]),
        "makespan": int(graph.clock[1]),
    }


@QUICK
@given(problems(), st.data())
def test_tasks_lifted_and_put_anywhere_are_back_where_they_were(problem, data):
    numbered, drawn = graph(problem)
    a, journal = numbered.arrays, journal_for(numbered.size)
    free = [i for i in range(numbered.size) if drawn.node["fixed"][i] == 0 and drawn.node["mode"][i] >= 0]
    marks, states = [], []
    for _ in range(data.draw(st.integers(1, 6)) if free else 0):
        marks.append(int(journal.filled[0]))
        states.append(state(drawn))
        i = data.draw(st.sampled_from(free))
        if drawn.node["mode"][i] >= 0 and not lift_noted(a, drawn, journal, i):
            break
        if data.draw(st.booleans()):
            k = data.draw(st.integers(int(a.task["mode_at"][i]), int(a.task["mode_end"][i]) - 1))
            line = [-1, *np.flatnonzero(drawn.node["mode"] >= 0).tolist()]
            there = [x for x in line if x < 0 or _is_on(a, drawn, x, k)]
            put_noted(a, drawn, journal, i, k, data.draw(st.sampled_from(there)), 0, np.inf)
    while marks:
        undo(a, drawn, journal, marks.pop())
        assert state(drawn) == states.pop()


def _is_on(a, drawn, task, mode):
    machine = a.mode["machine"][mode]
    return not a.machine["unlimited"][machine] and a.mode["machine"][drawn.node["mode"][task]] == machine


def test_a_full_journal_changes_nothing():
    numbered, drawn = graph(plant(*(job(f"J{n}", ("M", 10), due=100) for n in range(4))))
    a, journal = numbered.arrays, journal_for(numbered.size)
    journal.filled[1] = len(journal.entry) - numbered.size + 1
    before = state(drawn)
    assert len(journal.entry) == ROOM * 256
    assert not lift_noted(a, drawn, journal, 0)
    assert state(drawn) == before
