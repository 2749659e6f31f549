"""A plan as a graph that can be changed a little at a time: the disjunctive graph with one arc per neighbours on a machine.

Every task stands in a line-up of its machine and in one order of all tasks that respects all arcs. Putting a task elsewhere
changes few arcs; only tasks behind them, in that order, are timed again, and only as far as anything changes. What a change
overwrote is logged, so that it can be taken back. (Dynamic topological order: Pearce & Kelly 2006.)
"""

from typing import NamedTuple

import numpy as np

from production.scheduling.kernel.arrays import FREE, PINNED, RUNNING, Floats, Ints, Table
from production.scheduling.kernel.clock import NEVER
from production.scheduling.kernel.compiled import allocating, compiled, inlined
from production.scheduling.kernel.slots import held, offer, ready_at, setup_seconds

TARDINESS, MAKESPAN, SETUP, FLOW, MOVE = 0, 1, 2, 3, 4  # places in `Arrays.cost`

NODE = np.dtype(
    [
        ("mode", np.int64),  # −1: without a place, left out of everything
        ("start", np.int64),
        ("run", np.int64),
        ("end", np.int64),
        ("before", np.int64),  # neighbours in the line-up of its machine, −1 for none
        ("after", np.int64),
        ("place", np.int64),  # in the order
        ("mark", np.int64),
        ("dirty", np.int64),
        ("fixed", np.int64),  # FREE, RUNNING or PINNED, broken pins being free
        ("hold", np.int64),  # a start of its run not to undercut
        ("arc_at", np.int64),  # rows of `held_before`: who has to give back a tool or a person first
        ("arc_end", np.int64),
        ("heir_at", np.int64),
        ("heir_end", np.int64),
        ("cost", np.float64),  # of its set-up and of leaving the present plan
        ("price", np.float64),  # what a second's delay of it would cost
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
        ("low", np.int64),  # the stretch of the order that was rearranged; low > high for none
        ("high", np.int64),
        ("entries", np.int64),
        ("cost", np.float64),
        ("makespan", np.int64),
    ],
    align=True,
)


class Graph(NamedTuple):
    """The plan being changed, and the log of its last change."""

    node: Table  # NODE by task
    order: Ints
    head: Ints  # first task of each machine
    tally: Table  # TALLY by job
    held_before: Ints
    held_after: Ints
    total: Floats  # [cost]
    clock: Ints  # [marks given, makespan, first and last place of the window]
    log: Table  # ENTRY
    stretch: Ints  # the order as it was in the rearranged stretch
    scratch: Ints
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
        n.before = n.after = n.place = n.mark = n.dirty = -1
        n.fixed = a.task[i].kind
        if n.fixed == PINNED and slots[i].broken:
            n.fixed = FREE
        n.hold = hold[i]
        if n.mode >= 0:
            placed[count] = i
            count += 1
    # By run, then by end, then predecessors first: no arc points backwards, whatever has no length.
    order = placed[:count]
    ends, runs = np.empty(count, np.int64), np.empty(count, np.int64)
    for p in range(count):
        ends[p] = node[order[p]].end
    order = order[np.argsort(ends, kind="mergesort")]
    for p in range(count):
        runs[p] = node[order[p]].run
    order = order[np.argsort(runs, kind="mergesort")]
    head = np.full(len(a.machine), -1, np.int64)
    tail = np.full(len(a.machine), -1, np.int64)
    for p in range(count):
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
    held_before, held_after = _hold_arcs(a, node, order)
    graph = Graph(
        node,
        order,
        head,
        np.zeros(len(a.job), TALLY),
        held_before,
        held_after,
        np.zeros(2, np.float64),
        np.array([0, 0, 0, count - 1]),
        np.zeros(size, ENTRY),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.zeros(1, CHANGE),
    )
    for i in order:
        node[i].cost = _own_cost(a, graph, i)
    add_up(a, graph)
    return graph


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


@inlined
def _own_cost(a, graph, i):
    """What a task's set-up costs, and its leaving the present plan."""
    n = graph.node[i]
    task = a.task[i]
    m = a.mode[n.mode].machine
    cost = 0.0
    if n.fixed != RUNNING:
        family = _family_before(a, graph, n, m)
        cost = a.cost[SETUP] * setup_seconds(a, i, m, family)
        if task.present_start >= 0 and (n.start != task.present_start or m != task.present_machine):
            cost += a.cost[MOVE]
    return cost


@inlined
def _family_before(a, graph, n, m):
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
        _tally(a, graph, j)
    for i in graph.order:
        graph.total[0] += graph.node[i].cost
    _span(a, graph)


@inlined
def _tally(a, graph, j):
    """Bring a job's end and cost up to date, and the total with it. Jobs that are not placed whole cost nothing."""
    end = np.int64(0)
    for x in range(a.job[j].last_at, a.job[j].last_end):
        n = graph.node[a.last[x]]
        if n.mode < 0:
            return
        end = max(end, n.end)
    if end == graph.tally[j].end:
        return
    cost = a.cost[FLOW] * (end - a.job[j].release)
    if end > a.job[j].due:
        cost += a.cost[TARDINESS] * a.job[j].weight * (end - a.job[j].due)
    graph.total[0] += cost - graph.tally[j].cost
    graph.tally[j].end, graph.tally[j].cost = end, cost


@inlined
def _span(a, graph):
    """The end of the last job counts where no job has a due date."""
    if a.is_due:
        return
    span = np.int64(0)
    for j in range(len(a.job)):
        span = max(span, graph.tally[j].end)
    graph.total[0] += a.cost[MAKESPAN] * (span - graph.clock[1])
    graph.clock[1] = span


@inlined
def slot_of(a, graph, i):
    """The slot of a task behind its neighbour and its predecessors; none when a pin does not hold."""
    n = graph.node[i]
    m = a.mode[n.mode].machine
    free = max(a.now, a.task[i].floor)
    for x in range(n.arc_at, n.arc_end):
        free = max(free, graph.node[graph.held_before[x]].end)
    if n.before >= 0:
        free = max(free, graph.node[n.before].end)
    family = _family_before(a, graph, n, m)
    ready = ready_at(a, i, n.mode, graph.node)
    if n.fixed == PINNED:
        start, run, end = held(a, i, n.mode, free, family)
        if start >= NEVER or ready > (run if a.ahead else start):
            return NEVER, NEVER, NEVER
        return start, run, end
    return offer(a, i, n.mode, free, family, max(ready, n.hold))


@compiled
def put(a, graph, i, k, behind):
    """Put a task, in mode k, right behind another one of that machine (−1: in front of all). False: it cannot go there.

    Whether it went or not, `take_back` restores what was.
    """
    node = graph.node
    n = node[i]
    change = graph.change[0]
    change.task, change.mode, change.before, change.hold = i, n.mode, n.before, n.hold
    change.low, change.high, change.entries = 0, -1, 0
    change.cost, change.makespan = graph.total[0], graph.clock[1]
    left = n.after
    _unlink(a, graph, i)
    n.mode = k
    n.hold = 0
    _link(a, graph, i, behind)
    if n.after >= 0 and (node[n.after].fixed == RUNNING or node[n.after].place < graph.clock[2]):
        return False
    if behind >= 0 and node[behind].place > graph.clock[3]:
        return False
    if n.after >= 0 and node[n.after].place < n.place:
        if not _bring_forward(a, graph, i, n.after):
            return False
    elif behind >= 0 and node[behind].place > n.place:
        if not _push_back(a, graph, i, behind):
            return False
    graph.clock[0] += 1
    first = n.place
    n.dirty = graph.clock[0]
    waiting = 1
    if n.after >= 0:
        node[n.after].dirty = graph.clock[0]
        first = min(first, node[n.after].place)
        waiting += 1
    if left >= 0 and node[left].dirty != graph.clock[0]:
        node[left].dirty = graph.clock[0]
        first = min(first, node[left].place)
        waiting += 1
    return _time_again(a, graph, first, waiting)


@compiled
def let_go(a, graph, i):
    """Release a task from the start it is held at, where it stands."""
    change = graph.change[0]
    n = graph.node[i]
    change.task, change.mode, change.before, change.hold = i, n.mode, n.before, n.hold
    change.low, change.high, change.entries = 0, -1, 0
    change.cost, change.makespan = graph.total[0], graph.clock[1]
    n.hold = 0
    graph.clock[0] += 1
    n.dirty = graph.clock[0]
    return _time_again(a, graph, n.place, 1)


@compiled
def _unlink(a, graph, i):
    n = graph.node[i]
    if n.before >= 0:
        graph.node[n.before].after = n.after
    elif not a.machine[a.mode[n.mode].machine].unlimited:
        graph.head[a.mode[n.mode].machine] = n.after
    if n.after >= 0:
        graph.node[n.after].before = n.before
    n.before = n.after = -1


@compiled
def _link(a, graph, i, behind):
    n = graph.node[i]
    m = a.mode[n.mode].machine
    if a.machine[m].unlimited:
        return
    n.before = behind
    if behind >= 0:
        n.after = graph.node[behind].after
        graph.node[behind].after = i
    else:
        n.after = graph.head[m]
        graph.head[m] = i
    if n.after >= 0:
        graph.node[n.after].before = i


@compiled
def _bring_forward(a, graph, i, ahead_of):
    """Move a task, with all it waits for in between, in front of another in the order; False if that one is among them."""
    node, order = graph.node, graph.order
    low, high = node[ahead_of].place, node[i].place
    graph.clock[0] += 1
    mark = graph.clock[0]
    node[i].mark = mark
    for p in range(high - 1, low - 1, -1):
        x = order[p]
        if _has_marked_heir(a, graph, x, mark):
            if x == ahead_of:
                return False
            node[x].mark = mark
    _rearrange(graph, low, high, mark, True)
    return True


@compiled
def _push_back(a, graph, i, behind):
    """Move a task, with all that waits for it in between, behind another in the order; False if that one is among them."""
    node, order = graph.node, graph.order
    low, high = node[i].place, node[behind].place
    graph.clock[0] += 1
    mark = graph.clock[0]
    node[i].mark = mark
    for p in range(low + 1, high + 1):
        x = order[p]
        if _has_marked_predecessor(a, graph, x, mark):
            if x == behind:
                return False
            node[x].mark = mark
    _rearrange(graph, low, high, mark, False)
    return True


@compiled
def _has_marked_heir(a, graph, x, mark):
    n = graph.node[x]
    if n.after >= 0 and graph.node[n.after].mark == mark:
        return True
    for e in range(a.task[x].succ_at, a.task[x].succ_end):
        if graph.node[a.succ[e].task].mark == mark:
            return True
    for e in range(n.heir_at, n.heir_end):
        if graph.node[graph.held_after[e]].mark == mark:
            return True
    return False


@compiled
def _has_marked_predecessor(a, graph, x, mark):
    n = graph.node[x]
    if n.before >= 0 and graph.node[n.before].mark == mark:
        return True
    for e in range(a.task[x].pred_at, a.task[x].pred_end):
        if graph.node[a.pred[e].task].mark == mark:
            return True
    for e in range(n.arc_at, n.arc_end):
        if graph.node[graph.held_before[e]].mark == mark:
            return True
    return False


@compiled
def _rearrange(graph, low, high, mark, marked_first):
    """In a stretch of the order, put the marked tasks in front of the others (or behind them)."""
    node, order = graph.node, graph.order
    change = graph.change[0]
    change.low, change.high = low, high
    front, back = low, 0
    for p in range(low, high + 1):
        x = order[p]
        graph.stretch[p - low] = x
        if (node[x].mark == mark) == marked_first:
            order[front] = x
            node[x].place = front
            front += 1
        else:
            graph.scratch[back] = x
            back += 1
    for p in range(back):
        order[front + p] = graph.scratch[p]
        node[graph.scratch[p]].place = front + p


@compiled
def _time_again(a, graph, first, waiting):
    """Time dirty tasks in order, and what waits for them as far as anything changes. False when a pin or calendar forbids it."""
    node, order = graph.node, graph.order
    change = graph.change[0]
    dirty = graph.clock[0]
    p = first
    while waiting > 0 and p < len(order):
        i = order[p]
        p += 1
        n = node[i]
        if n.dirty != dirty:
            continue
        waiting -= 1
        if n.fixed == RUNNING:
            continue
        start, run, end = slot_of(a, graph, i)
        if start >= NEVER:
            return False
        entry = graph.log[change.entries]
        change.entries += 1
        entry.task, entry.start, entry.run, entry.end, entry.cost = i, n.start, n.run, n.end, n.cost
        is_moved = start != n.start or run != n.run or end != n.end
        n.start, n.run, n.end = start, run, end
        cost = _own_cost(a, graph, i)
        is_beyond = n.place > graph.clock[3]
        if is_beyond:
            cost += (3 * n.price + graph.total[1] if start > n.base else 0.3 * n.price) * (start - n.base)
        graph.total[0] += cost - n.cost
        n.cost = cost
        if is_beyond or (not is_moved and i != change.task):
            continue
        if a.task[i].is_last:
            _tally(a, graph, a.task[i].job)
        waiting += _soil(a, graph, i, dirty)
    _span(a, graph)
    return True


@inlined
def _soil(a, graph, i, dirty):
    """Mark what directly waits for a task as to be timed again; how many were not yet marked."""
    node = graph.node
    n = node[i]
    count = 0
    if n.after >= 0 and node[n.after].dirty != dirty and node[n.after].place > n.place:
        node[n.after].dirty = dirty
        count += 1
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        s = a.succ[e].task
        # What already runs may stand before something it was to wait for; it is not timed again.
        if node[s].dirty != dirty and node[s].place > n.place:
            node[s].dirty = dirty
            count += 1
    for e in range(n.heir_at, n.heir_end):
        s = graph.held_after[e]
        if node[s].dirty != dirty and node[s].place > n.place:
            node[s].dirty = dirty
            count += 1
    return count


@compiled
def take_back(a, graph):
    """Undo the last change."""
    node, change = graph.node, graph.change[0]
    n = node[change.task]
    _unlink(a, graph, change.task)
    n.mode, n.hold = change.mode, change.hold
    _link(a, graph, change.task, change.before)
    for p in range(change.low, change.high + 1):
        x = graph.stretch[p - change.low]
        graph.order[p] = x
        node[x].place = p
    for e in range(change.entries - 1, -1, -1):
        entry = graph.log[e]
        n = node[entry.task]
        n.start, n.run, n.end, n.cost = entry.start, entry.run, entry.end, entry.cost
    for e in range(change.entries):
        if a.task[graph.log[e].task].is_last:
            _tally(a, graph, a.task[graph.log[e].task].job)
    graph.total[0] = change.cost
    graph.clock[1] = change.makespan


@compiled
def look_through(a, graph, low, high):
    """Open a window on the order: only its tasks move, and what lies beyond it is not timed but priced.

    A task's price is the weight of the late jobs that wait for it through arcs without slack: each task hands its price
    on to the one predecessor that binds it. First-order, as dual prices are; an exact timing judges what came of it.
    """
    node = graph.node
    graph.clock[2], graph.clock[3] = low, high
    for i in graph.order:
        node[i].price, node[i].base = 0.0, node[i].start
    for j in range(len(a.job)):
        last = -1
        for x in range(a.job[j].last_at, a.job[j].last_end):
            if last < 0 or node[a.last[x]].end > node[last].end:
                last = a.last[x]
        if last < 0 or node[last].mode < 0:
            continue
        node[last].price += a.cost[FLOW]
        if node[last].end > a.job[j].due:
            node[last].price += a.cost[TARDINESS] * a.job[j].weight
        elif not a.is_due and node[last].end == graph.clock[1]:
            node[last].price += a.cost[MAKESPAN]
    sum_ = 0.0
    for p in range(len(graph.order) - 1, -1, -1):
        i = graph.order[p]
        sum_ += node[i].price
        binding = binding_of(a, graph, i)
        if binding >= 0:
            node[binding].price += node[i].price
    graph.total[1] = sum_ / max(len(graph.order), 1)


@compiled
def binding_of(a, graph, i):
    """The task whose end a task starts at, its neighbour or a predecessor; −1 when nothing but time holds it."""
    node = graph.node
    n = node[i]
    ready = ready_at(a, i, n.mode, node)
    if n.before >= 0 and node[n.before].end >= ready:
        return n.before
    binding, latest = -1, a.task[i].release
    for e in range(a.task[i].pred_at, a.task[i].pred_end):
        p = a.pred[e].task
        if node[p].end + a.pred[e].wait >= latest:
            binding, latest = p, node[p].end + a.pred[e].wait
    return binding
