"""A plan as a graph: the disjunctive graph with one arc per neighbours on a machine, and what the plan costs.

Every task stands in a line-up of its machine and in one order of all tasks that respects all arcs. `change` alters it a little
at a time, `window` looks at a part of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from production.scheduling.kernel.arrays import (
    FLOW,
    FREE,
    KEEN,
    MAKESPAN,
    MOVE,
    PINNED,
    RUNNING,
    SETUP,
    TARDINESS,
    WHOLE_MOVE,
    Floats,
    Ints,
    Table,
)
from production.scheduling.kernel.compiled import allocating, compiled, inlined
from production.scheduling.kernel.slots import setup_seconds

NODE = np.dtype(
    [
        ("mode", np.int64),  # −1: without a place, left out of everything
        ("start", np.int64),
        ("run", np.int64),
        ("end", np.int64),
        ("before", np.int64),  # neighbours in the line-up of its machine, −1 for none
        ("after", np.int64),
        ("place", np.int64),  # in the order
        ("fixed", np.int64),  # FREE, RUNNING or PINNED, broken pins being free
        ("hold", np.int64),  # a start of its run not to undercut
        ("arc_at", np.int64),  # rows of `held_before`: who has to give back a tool or a person first
        ("arc_end", np.int64),
        ("heir_at", np.int64),
        ("heir_end", np.int64),
        ("cost", np.float64),  # of its set-up and of leaving the present plan
        ("price", np.float64),  # what a second's delay of it would cost
        ("lent", np.float64),  # of that, what lies beyond the window
        ("base", np.int64),  # its start when the price was worked out
    ],
    align=True,
)
TALLY = np.dtype([("end", np.int64), ("cost", np.float64)], align=True)
ENTRY = np.dtype(
    [
        ("task", np.int64),
        ("start", np.int64),
        ("run", np.int64),
        ("end", np.int64),
        ("cost", np.float64),
    ],
    align=True,
)
CHANGE = np.dtype(
    [
        ("task", np.int64),
        ("mode", np.int64),
        ("before", np.int64),
        ("hold", np.int64),
        ("low", np.int64),  # first row of `stretch` in use; low > high for none
        ("high", np.int64),  # and the last one
        ("entries", np.int64),
        ("cost", np.float64),
        ("makespan", np.int64),
        ("is_too_late", np.int64),  # it cannot go there, for whoever is before it waits for it
    ],
    align=True,
)


class Graph(NamedTuple):
    """The plan being changed, and the log of its last change."""

    node: Table  # NODE by task
    order: Ints
    head: Ints  # first task of each machine
    near: Ints  # a task of each machine, perhaps gone elsewhere since, from which others are looked for
    tally: Table  # TALLY by job
    held_before: Ints
    held_after: Ints
    total: Floats  # [cost, mean price of a task]
    clock: Ints  # [0, makespan, first and last place of the window]
    log: Table  # ENTRY
    stretch: Ints  # (place, task) before the change of all that changed places (see `order`)
    scratch: Ints
    places: Ints  # a set of places in the order, empty between changes
    change: Table  # one CHANGE


def graph_of(a: NamedTuple, slots: Table, hold: Ints) -> Graph:
    """The graph of a timed plan."""
    return _grow(a, slots, hold)


@allocating
def _grow(a, slots, hold):
    size = len(a.task)
    node = np.zeros(size, NODE)
    by_rank = np.empty(size, np.int64)
    for i in range(size):
        by_rank[a.task[i].rank] = i
    placed = np.empty(size, np.int64)
    count = 0
    for i in by_rank:
        n = node[i]
        n.mode = slots[i].mode if not slots[i].unplaced else -1
        n.start, n.run, n.end = slots[i].start, slots[i].run, slots[i].end
        n.before = n.after = n.place = -1
        n.fixed = a.task[i].kind
        if n.fixed == PINNED and slots[i].broken:
            n.fixed = FREE
        n.hold = hold[i]
        if n.mode >= 0:
            placed[count] = i
            count += 1
    order = _in_order(node, placed[:count])
    head = _lined_up(a, node, order)
    held_before, held_after = _hold_arcs(a, node, order)
    graph = Graph(
        node,
        order,
        head,
        head.copy(),
        np.zeros(len(a.job), TALLY),
        held_before,
        held_after,
        np.zeros(2, np.float64),
        np.array([0, 0, 0, count - 1]),
        np.zeros(size, ENTRY),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.zeros((size >> 6) + 1, np.int64),
        np.zeros(1, CHANGE),
    )
    for i in order:
        node[i].cost = own_cost(a, graph, i)
    add_up(a, graph)
    return graph


@allocating
def _in_order(node, tasks):
    """Tasks, listed predecessors first, by run and then by end: no arc points backwards then, whatever has no length."""
    ends, runs = np.empty(len(tasks), np.int64), np.empty(len(tasks), np.int64)
    for p in range(len(tasks)):
        ends[p] = node[tasks[p]].end
    order = tasks[np.argsort(ends, kind="mergesort")]
    for p in range(len(tasks)):
        runs[p] = node[order[p]].run
    return order[np.argsort(runs, kind="mergesort")]


@allocating
def _lined_up(a, node, order):
    """Give each task its place in the order and its neighbours on its machine; the first task of each machine."""
    head = np.full(len(a.machine), -1, np.int64)
    tail = np.full(len(a.machine), -1, np.int64)
    for p in range(len(order)):
        i = order[p]
        node[i].place = p
        m = a.mode[node[i].mode].machine
        if a.machine[m].unlimited:
            continue
        if tail[m] < 0:
            head[m] = i
        else:
            node[tail[m]].after, node[i].before = i, tail[m]
        tail[m] = i
    return head


@allocating
def _hold_arcs(a, node, order):
    """Whom each task follows on the tools and people it needs, as the plan hands them out; and who follows it."""
    unit_holder = np.full(a.unit_at[-1], -1, np.int64)
    pairs = [(np.int64(0), np.int64(0))]
    pairs.pop()
    if len(a.need) > 0:
        starts = np.empty(len(order), np.float64)
        for p in range(len(order)):
            starts[p] = node[order[p]].start
        for i in order[np.argsort(starts, kind="mergesort")]:
            for x in range(a.task[i].need_at, a.task[i].need_end):
                resource = a.need[x].resource
                for _ in range(a.need[x].amount):
                    chosen, latest = -1, np.int64(-1)
                    for u in range(a.unit_at[resource], a.unit_at[resource + 1]):
                        end = node[unit_holder[u]].end if unit_holder[u] >= 0 else np.int64(0)
                        if unit_holder[u] != i and end <= node[i].start and end > latest:
                            chosen, latest = u, end
                    if chosen < 0:
                        continue
                    if unit_holder[chosen] >= 0:
                        pairs.append((unit_holder[chosen], i))
                    unit_holder[chosen] = i
    before, after = np.empty(len(pairs), np.int64), np.empty(len(pairs), np.int64)
    into, out_of = np.zeros(len(node) + 1, np.int64), np.zeros(len(node) + 1, np.int64)
    for one, other in pairs:
        into[other + 1] += 1
        out_of[one + 1] += 1
    into, out_of = np.cumsum(into), np.cumsum(out_of)
    for i in range(len(node)):
        node[i].arc_at, node[i].arc_end = into[i], into[i]
        node[i].heir_at, node[i].heir_end = out_of[i], out_of[i]
    for one, other in pairs:
        before[node[other].arc_end] = one
        node[other].arc_end += 1
        after[node[one].heir_end] = other
        node[one].heir_end += 1
    return before, after


def release_from_holders(graph: Graph, tasks: Sequence[int]) -> None:
    """Let tasks wait no more for those from whom the plan handed them their tools and people."""
    node = graph.node
    node["arc_end"][tasks] = node["arc_at"][tasks]
    holders = np.repeat(np.arange(len(node)), node["heir_end"] - node["heir_at"])
    is_theirs = np.isin(graph.held_after, tasks)
    graph.held_after[is_theirs] = holders[is_theirs]  # a task is never behind itself: such a row says nothing


@inlined
def own_cost(a, graph, i):
    """What a task's set-up costs, and its leaving the present plan."""
    n = graph.node[i]
    task = a.task[i]
    m = a.mode[n.mode].machine
    cost = 0.0
    if n.fixed != RUNNING:
        family = family_before(a, graph, n, m)
        cost = a.cost[SETUP] * setup_seconds(a, i, m, family)
        if task.present_start >= 0:
            if m != task.present_machine:
                cost += a.cost[MOVE]
            else:
                cost += a.cost[MOVE] * min(1.0, abs(n.start - task.present_start) / a.cost[WHOLE_MOVE])
    return cost


@inlined
def family_before(a, graph, n, m):
    if n.before >= 0:
        return a.task[n.before].family
    return a.machine[m].stands_ready


@compiled
def add_up(a, graph):
    """Every job's end and cost, and the sum of it all."""
    graph.total[0] = 0.0
    graph.clock[1] = 0
    for j in range(len(a.job)):
        graph.tally[j].end = 0
        graph.tally[j].cost = 0.0
        tally_up(a, graph, j)
    for i in graph.order:
        graph.total[0] += graph.node[i].cost
    span_up(a, graph)


@inlined
def lateness(a, j, end):
    """What it costs that a job ends then; of a job that others should give way to the first lateness costs more."""
    late = end - a.job[j].due
    if late <= 0:
        return 0.0
    return a.cost[TARDINESS] * a.job[j].weight * (late + a.cost[KEEN] * min(late, a.job[j].keen))


@inlined
def tally_up(a, graph, j):
    """Bring a job's end and cost up to date, and the total with it. Jobs that are not placed whole cost nothing."""
    end = np.int64(0)
    for x in range(a.job[j].last_at, a.job[j].last_end):
        n = graph.node[a.last[x]]
        if n.mode < 0:
            graph.total[0] -= graph.tally[j].cost
            graph.tally[j].end, graph.tally[j].cost = 0, 0.0
            return
        end = max(end, n.end)
    if end == graph.tally[j].end:
        return
    cost = a.cost[FLOW] * (end - a.job[j].release)
    cost += lateness(a, j, end)
    graph.total[0] += cost - graph.tally[j].cost
    graph.tally[j].end, graph.tally[j].cost = end, cost


@inlined
def span_up(a, graph):
    """The end of the last job counts where no job has a due date."""
    if a.is_due:
        return
    span = np.int64(0)
    for j in range(len(a.job)):
        span = max(span, graph.tally[j].end)
    graph.total[0] += a.cost[MAKESPAN] * (span - graph.clock[1])
    graph.clock[1] = span
