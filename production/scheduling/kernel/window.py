"""Windows on a plan: what lies beyond one is not timed but priced."""

from production.scheduling.kernel.arrays import FLOW, MAKESPAN, TARDINESS
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.slots import ready_at


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
