"""What a move would cost, guessed from the tasks that change places and the prices of those behind them.

Prices are slopes (see `window`): exact for small shifts of what is late already, too low for what would become late. So a
guess is rather too good than too bad, and a move that looks bad by it need not be timed.
"""

from production.scheduling.kernel.arrays import SETUP
from production.scheduling.kernel.clock import NEVER
from production.scheduling.kernel.compiled import compiled, inlined
from production.scheduling.kernel.graph import lateness
from production.scheduling.kernel.slots import offer, ready_at, setup_seconds


@compiled
def guess(a, graph, i, k, behind):
    """The change of cost if task i went, in mode k, right behind another one of that machine."""
    node = graph.node
    n = node[i]
    old, m = a.mode[n.mode].machine, a.mode[k].machine
    if m == old and not a.machine[m].unlimited:
        if behind == n.before:
            return 0.0
        if behind < 0 or node[behind].place < n.place:
            return _ahead(a, graph, i, k, behind)
        return _back(a, graph, i, k, behind)
    cost = 0.0
    if not a.machine[old].unlimited and n.after >= 0:
        free, family = _after(a, graph, old, n.before)
        cost += _follow(a, graph, n.after, free, family)
    if a.machine[m].unlimited:
        own, _, _ = _stand(a, graph, i, k, a.now, a.task[i].family)
        return cost + own
    free, family = _after(a, graph, m, behind)
    own, free, family = _stand(a, graph, i, k, free, family)
    x = node[behind].after if behind >= 0 else graph.head[m]
    if x >= 0:
        cost += _follow(a, graph, x, free, family)
    return cost + own


@compiled
def _ahead(a, graph, i, k, behind):
    """On its machine: first the task, then those it overtakes, then who followed it."""
    node = graph.node
    m = a.mode[k].machine
    free, family = _after(a, graph, m, behind)
    cost, free, family = _stand(a, graph, i, k, free, family)
    x = node[behind].after if behind >= 0 else graph.head[m]
    while x != i:
        own, free, family = _stand(a, graph, x, node[x].mode, free, family)
        cost += own
        x = node[x].after
    if node[i].after >= 0:
        cost += _follow(a, graph, node[i].after, free, family)
    return cost


@compiled
def _back(a, graph, i, k, behind):
    """On its machine: first those that overtake the task, then it, then who comes next."""
    node = graph.node
    free, family = _after(a, graph, a.mode[k].machine, node[i].before)
    cost = 0.0
    x = i
    while x != behind:
        x = node[x].after
        own, free, family = _stand(a, graph, x, node[x].mode, free, family)
        cost += own
    own, free, family = _stand(a, graph, i, k, free, family)
    cost += own
    if node[behind].after >= 0:
        cost += _follow(a, graph, node[behind].after, free, family)
    return cost


@inlined
def _after(a, graph, m, behind):
    if behind >= 0:
        return graph.node[behind].end, a.task[behind].family
    return a.now, a.machine[m].stands_ready


@inlined
def _stand(a, graph, i, k, free, family):
    """A task gets its slot there: what that costs by those that wait for it in their jobs; when and as what its machine is free."""
    node = graph.node
    n = node[i]
    start, _, end = offer(a, i, k, max(free, a.task[i].floor), family, ready_at(a, i, k, node))
    if start >= NEVER:
        return 1e18, free, family
    cost = a.cost[SETUP] * setup_seconds(a, i, a.mode[k].machine, family) - n.cost
    late = end - n.end
    if a.task[i].is_last:
        j = a.task[i].job
        ends = graph.tally[j].end
        if ends == n.end or end > ends:
            cost += lateness(a, j, end) - lateness(a, j, ends)
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        s = a.succ[e].task
        slack = node[s].run - n.end
        if late > slack:
            cost += node[s].price * (late - slack)
        elif late < 0 and slack <= 0:
            room = late
            b = node[s].before
            if b >= 0:
                room = max(room, node[b].end - node[s].run)
            cost += node[s].price * min(0, room)
    return cost, end, a.task[i].family


@inlined
def _follow(a, graph, x, free, family):
    """The task behind those that moved gets its slot: its shift at its price."""
    node = graph.node
    n = node[x]
    start, run, _end = offer(
        a, x, n.mode, max(free, a.task[x].floor), family, max(n.hold, ready_at(a, x, n.mode, node))
    )
    if start >= NEVER:
        return 1e18
    cost = a.cost[SETUP] * setup_seconds(a, x, a.mode[n.mode].machine, family) - n.cost
    return cost + node[x].price * (run - n.run)
