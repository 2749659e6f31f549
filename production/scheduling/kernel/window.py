"""Windows on a plan: what lies beyond one is not timed but priced."""

from production.scheduling.kernel.arrays import FLOW, KEEN, MAKESPAN, RUNNING, TARDINESS
from production.scheduling.kernel.change import slot_of
from production.scheduling.kernel.clock import NEVER
from production.scheduling.kernel.compiled import compiled, inlined
from production.scheduling.kernel.graph import add_up, own_cost
from production.scheduling.kernel.slots import ready_at


@compiled
def look_through(a, graph, low, high):
    """Open a window on the order: only its tasks move, and what lies beyond it is not timed but priced.

    A task's price is the weight of the late jobs that wait for it through arcs without slack: each task hands its price
    on to the one predecessor that binds it. First-order, as dual prices are; an exact timing judges what came of it.
    """
    node = graph.node
    graph.clock[2], graph.clock[3] = low, high
    is_late = _is_anything_late(a, graph)
    sum_ = 0.0
    for i in graph.order:
        node[i].price, node[i].base, node[i].lent = _end_price(a, graph, i, is_late), node[i].start, 0.0
    for p in range(len(graph.order) - 1, -1, -1):
        i = graph.order[p]
        sum_ += node[i].price
        binding = binding_of(a, graph, i)
        if binding >= 0:
            node[binding].price += node[i].price
            if p > high:
                node[binding].lent += node[i].price
    graph.total[1] = sum_ / max(len(graph.order), 1)


@compiled
def look_away(a, graph):
    """Close the window: time exactly what lies behind its beginning. False if a pin or a calendar forbids that."""
    node = graph.node
    low = graph.clock[2]
    graph.clock[2], graph.clock[3] = 0, len(graph.order) - 1
    for p in range(low, len(graph.order)):
        i = graph.order[p]
        n = node[i]
        if n.fixed != RUNNING:
            start, run, end = slot_of(a, graph, i)
            if start >= NEVER:
                return False
            n.start, n.run, n.end = start, run, end
        n.cost = own_cost(a, graph, i)
    add_up(a, graph)
    return True


@compiled
def reprice(a, graph):
    """Bring the prices in the window up to date; those beyond it stay."""
    node = graph.node
    low, high = graph.clock[2], graph.clock[3]
    is_late = _is_anything_late(a, graph)
    for p in range(low, high + 1):
        i = graph.order[p]
        node[i].price = node[i].lent + _end_price(a, graph, i, is_late)
    for p in range(high, low - 1, -1):
        i = graph.order[p]
        binding = binding_of(a, graph, i)
        if binding >= 0 and node[binding].place >= low:
            node[binding].price += node[i].price


@compiled
def _is_anything_late(a, graph):
    """Whether there is lateness to be priced; else it is flow time that is."""
    if not a.is_due:
        return True
    for j in range(len(a.job)):
        if graph.tally[j].end > a.job[j].due and a.job[j].weight > 0:
            return True
    return False


@inlined
def _end_price(a, graph, i, is_late):
    """What a second's delay costs in a job that a task ends."""
    j = a.task[i].job
    if not a.task[i].is_last or graph.node[i].end < graph.tally[j].end:
        return 0.0
    if not is_late:
        return a.cost[FLOW]
    if not a.is_due:
        return a.cost[MAKESPAN] if graph.node[i].end == graph.clock[1] else 0.0
    late = graph.node[i].end - a.job[j].due
    if late <= 0:
        return 0.0
    return a.cost[TARDINESS] * a.job[j].weight * (1.0 + (a.cost[KEEN] if late <= a.job[j].keen else 0.0))


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
