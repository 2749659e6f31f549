"""Simulated annealing on the graph of a plan: put a task that waits for its machine before those it waits for, or elsewhere.

Moves are aimed: a late job is drawn, its critical path followed back from its end, and a task on it that waits for its
machine chosen; now and then any task, so that everything can move. (Critical-path neighbourhoods for job shops: van Laarhoven,
Aarts & Lenstra 1992; for tardiness: Mati, Dauzère-Pérès & Lahlou 2011.)
"""

import numpy as np

from production.scheduling.kernel.arrays import FREE
from production.scheduling.kernel.change import let_go, put, take_back
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.slots import ready_at
from production.scheduling.kernel.window import look_through

PATH = 256  # tasks of a critical path that are looked at
REACH = 6  # places that a task jumps at most in its line-up
STAGES = 8  # of cooling in a window
AIMED = 0.85  # of the moves, where any job is late


@compiled
def draw(random):
    """The next number between 0 and 1 (xorshift64*, Vigna 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return ((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _below(random, bound):
    return min(np.int64(draw(random) * bound), bound - 1)


@compiled
def anneal(a, graph, best, random, jobs, sums, path, heat, steps):
    """So many moves at one temperature; the best plan met is kept in `best`.

    :param best: records of (mode, place in the order, hold), and last the cost. :param heat: the temperature, in cost.
    :param random: the state of the dice. :param jobs, sums, path: room to work in, by job and of length `PATH`.
    :returns: moves tried, moves kept, tasks timed again.
    """
    late = 0
    tried, kept, work = 0, 0, np.int64(0)
    cheapest = best[-1]
    is_new = False
    for step in range(steps):
        if step % 256 == 0:
            late = _late_jobs(a, graph, jobs, sums)
        i = _choose(a, graph, random, jobs, sums, late, path)
        if i < 0:
            continue
        before = graph.total[0]
        tried += 1
        done = _move(a, graph, random, i)
        if done == 0:
            continue
        work += graph.change[0].entries + 1
        delta = graph.total[0] - before
        if done < 0 or (delta > 0 and (heat <= 0 or draw(random) >= np.exp(-delta / heat))):
            take_back(a, graph)
            continue
        kept += 1
        if graph.total[0] < cheapest - 1e-9:
            is_new = True
            cheapest = graph.total[0]
        elif is_new and graph.total[0] > cheapest + 1e-9:
            # The step before this one was the best plan so far: go back to it, keep it, and take this step again another time.
            take_back(a, graph)
            keep(graph, best)
            is_new = False
    if is_new:
        keep(graph, best)
    return tried, kept, work


@compiled
def keep(graph, best):
    """Remember the plan: modes, order, and the starts not to undercut."""
    for i in range(len(graph.node)):
        best[3 * i] = graph.node[i].mode
        best[3 * i + 1] = graph.node[i].place
        best[3 * i + 2] = graph.node[i].hold
    best[-1] = graph.total[0]


@compiled
def _late_jobs(a, graph, jobs, sums):
    """Jobs that cost, with running sums of the root of what they cost, to be drawn by."""
    count, total = 0, 0.0
    for j in range(len(a.job)):
        if graph.tally[j].end > a.job[j].due and a.job[j].weight > 0:
            total += np.sqrt(a.job[j].weight * (graph.tally[j].end - a.job[j].due))
            jobs[count], sums[count] = j, total
            count += 1
    if not a.is_due:
        for j in range(len(a.job)):
            if graph.tally[j].end == graph.clock[1]:
                total += 1.0
                jobs[count], sums[count] = j, total
                count += 1
    return count


@compiled
def _find(sums, count, value):
    """The first of ascending sums that is not below the value."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) >> 1
        if sums[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _choose(a, graph, random, jobs, sums, late, path):
    """A task that waits for its machine, on the critical path of a late job if there is any; else any task. −1 for none."""
    low, high = graph.clock[2], graph.clock[3]
    if high - low + 1 < len(graph.order):
        return _choose_dear(graph, random, low, high)
    if late > 0 and draw(random) < AIMED:
        j = jobs[_find(sums, late, draw(random) * sums[late - 1])]
        count = _trace(a, graph, j, path)
        if count > 0:
            return path[_below(random, count)]
    i = graph.order[_below(random, len(graph.order))]
    return i if graph.node[i].fixed == FREE else -1


@compiled
def _choose_dear(graph, random, low, high):
    """Of a few tasks of the window, the one whose delay costs most."""
    best = -1
    for _ in range(1 + _below(random, 4)):
        i = graph.order[low + _below(random, high - low + 1)]
        if graph.node[i].fixed == FREE and (best < 0 or graph.node[i].price > graph.node[best].price):
            best = i
    return best


@compiled
def _trace(a, graph, j, path):
    """Follow what binds a job's end backwards; the tasks on the way that wait for their machine."""
    node = graph.node
    i = -1
    for x in range(a.job[j].last_at, a.job[j].last_end):
        if i < 0 or node[a.last[x]].end > node[i].end:
            i = a.last[x]
    count = 0
    for _ in range(4 * PATH):
        n = node[i]
        if n.mode < 0 or count == PATH:
            break
        ready = ready_at(a, i, n.mode, node)
        if n.before >= 0 and node[n.before].end > ready:
            if n.fixed == FREE:
                path[count] = i
                count += 1
            i = n.before
            continue
        binding, latest = -1, a.task[i].release
        for e in range(a.task[i].pred_at, a.task[i].pred_end):
            p = a.pred[e].task
            if node[p].end + a.pred[e].wait >= latest:
                binding, latest = p, node[p].end + a.pred[e].wait
        if n.fixed == FREE and (n.hold > ready or a.task[i].mode_end - a.task[i].mode_at > 1):
            path[count] = i
            count += 1
        if binding < 0:
            break
        i = binding
    return count


@compiled
def _move(a, graph, random, i):
    """Try one move of a task: 1 done, −1 done but not allowed (to be taken back), 0 nothing to do."""
    n = graph.node[i]
    if n.hold > 0 and draw(random) < 0.3:
        return 1 if let_go(a, graph, i) else -1
    modes = a.task[i].mode_end - a.task[i].mode_at
    if modes > 1 and draw(random) < 0.4:
        k = a.task[i].mode_at + _below(random, modes)
        if k == n.mode:
            return 0
        return 1 if put(a, graph, i, k, _place_by_time(a, graph, random, i, k)) else -1
    if n.before < 0:
        return 0
    reach = 1 if draw(random) < 0.5 else 1 + _below(random, REACH)
    if draw(random) < 0.75:
        behind = n.before
        for _ in range(reach):
            if behind < 0 or graph.node[behind].fixed != FREE:
                break
            behind = graph.node[behind].before
        if behind == n.before:
            return 0
        return 1 if put(a, graph, i, n.mode, behind) else -1
    # Its neighbour goes behind it instead, and perhaps further.
    other = n.before
    if graph.node[other].fixed != FREE:
        return 0
    behind = i
    for _ in range(reach - 1):
        after = graph.node[behind].after
        if after < 0 or graph.node[after].fixed != FREE:
            break
        behind = after
    return 1 if put(a, graph, other, graph.node[other].mode, behind) else -1


@compiled
def _place_by_time(a, graph, random, i, k):
    """Behind whom to put a task on another machine: around where its predecessors are done, or where it stands now."""
    node = graph.node
    m = a.mode[k].machine
    if a.machine[m].unlimited:
        return -1
    at = ready_at(a, i, k, node) if draw(random) < 0.5 else node[i].start
    behind = -1
    following = graph.head[m]
    while following >= 0 and (node[following].start < at or node[following].fixed != FREE):
        behind = following
        following = node[following].after
    back = _below(random, 3)
    while back > 0 and behind >= 0 and node[behind].fixed == FREE:
        behind = node[behind].before
        back -= 1
    return behind


@compiled
def anneal_window(a, graph, best, random, jobs, sums, path, low, high, heat, steps):
    """Anneal a stretch of the order, cooling to nothing, what lies beyond being priced.

    :returns: as `anneal` does.
    """
    look_through(a, graph, low, high)
    tried, kept, work = 0, 0, np.int64(0)
    for stage in range(STAGES):
        warmth = heat * (1.0 - stage / (STAGES - 1.0)) ** 2
        t, k, w = anneal(a, graph, best, random, jobs, sums, path, warmth, steps // STAGES)
        tried, kept, work = tried + t, kept + k, work + w
    return tried, kept, work
