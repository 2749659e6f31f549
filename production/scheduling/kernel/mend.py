"""What gives way: tasks settled one after another, less important work ousted for them, and what got dearer put elsewhere.

Every trial is taken back unless the plan as a whole got cheaper by it.
"""

import numpy as np

from production.scheduling.kernel.arrays import FREE, MOVE, RUNNING, TARDINESS
from production.scheduling.kernel.clock import NEVER, worked
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.insert import WORTH_IT, at_least, best_gap, best_place, best_push, estimate
from production.scheduling.kernel.journal import forget, lift_noted, put_noted, undo
from production.scheduling.kernel.slots import offer, ready_at

OUSTED = 4  # tasks that make way for one at most
SHORTLISTED = np.dtype([("cost", np.float64), ("mode", np.int64), ("behind", np.int64)], align=True)


@compiled
def settle(a, graph, journal, aims, tasks, first, last, reach, limit):
    """Lift tasks and put them back, predecessors first, each where it is cheapest; False where one finds no place.

    :param first, last: which of the tasks, the last not among them. :param limit: what the plan may cost.
    :returns: whether all found a place; tasks timed on the way.
    """
    fits, work = _lifted(a, graph, journal, tasks, first, last)
    for x in range(first, last):
        if not fits:
            break
        i = tasks[x]
        if graph.node[i].place < 0:  # it has found no place from the beginning
            continue
        _, mode, behind, hold, timed = best_place(a, graph, aims, i, reach, limit)
        work += timed
        fits = mode >= 0 and put_noted(a, graph, journal, i, mode, behind, hold, np.inf)
    return fits, work


@compiled
def settle_firmly(a, graph, journal, aims, tasks, first, last, reach, is_final):
    """The same, but less important work may be ousted for them, which then finds its own best place.

    :param is_final: nothing of it will be undone.
    """
    fits, work = _lifted(a, graph, journal, tasks, first, last)
    for x in range(first, last):
        if not fits:
            break
        i = tasks[x]
        if graph.node[i].place < 0:
            continue
        cost, mode, behind, hold, timed = best_gap(a, graph, aims, i, np.inf)
        work += timed
        cost, ousting, other, timed = _best_ousting(a, graph, journal, aims, i, cost)
        work += timed
        # Last, for many give way a little then: what is found already says how much that may cost.
        _, pushing, third, later, timed = best_push(a, graph, aims, i, reach, cost)
        work += timed
        if pushing >= 0:
            fits = put_noted(a, graph, journal, i, pushing, third, later, np.inf)
        elif ousting >= 0:
            fits, timed = _oust(a, graph, journal, aims, i, ousting, other, np.inf)
            work += timed
        else:
            fits = mode >= 0 and put_noted(a, graph, journal, i, mode, behind, hold, np.inf)
        if is_final:
            forget(journal)
    return fits, work


@compiled
def _lifted(a, graph, journal, tasks, first, last):
    work = np.int64(0)
    for x in range(last - 1, first - 1, -1):
        if graph.node[tasks[x]].mode >= 0:
            if not lift_noted(a, graph, journal, tasks[x]):
                return False, work
            work += graph.change[0].entries
    return True, work


@compiled
def _best_ousting(a, graph, journal, aims, i, best):
    """For what less than `best`, in which mode (−1: in none), and behind whom, a task goes if what lies there is put elsewhere."""
    node, short = graph.node, aims.shortlist
    mode, place = np.int64(-1), np.int64(-1)
    work = np.int64(0)
    count = 0
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        if not a.machine[a.mode[k].machine].unlimited:
            count = _shortlist(a, graph, aims, i, np.int64(k), best, count)
    mark = journal.filled[0]
    for x in range(count):
        fits, timed = _oust(a, graph, journal, aims, i, short[x].mode, short[x].behind, best)
        work += timed
        cost = graph.total[0] + estimate(a, graph, aims, i, node[i].end)
        if fits and cost < best - WORTH_IT:
            best, mode, place = cost, short[x].mode, short[x].behind
        undo(a, graph, journal, mark)
    return best, mode, place, work


@compiled
def _shortlist(a, graph, aims, i, k, best, count):
    """Add the places on one machine where ousting promises most to the shortlist, cheapest first; how many it holds then."""
    node, short = graph.node, aims.shortlist
    m = a.mode[k].machine
    ready = max(ready_at(a, i, k, node), a.task[i].floor)
    behind, after = np.int64(-1), graph.head[m]
    while after >= 0 and (node[after].fixed == RUNNING or node[after].end <= ready):
        behind, after = after, node[after].after
    while after >= 0:
        end = _ends(a, graph, i, k, behind, ready)
        least = at_least(a, graph, aims, i, end)
        if graph.total[0] + least >= best:
            break
        cost = least + _at_stake(a, aims, graph, i, after, end)
        if cost < np.inf and (count < len(short) or cost < short[count - 1].cost):
            count = min(count + 1, len(short))
            x = count - 1
            while x > 0 and short[x - 1].cost > cost:
                short[x] = short[x - 1]
                x -= 1
            short[x].cost, short[x].mode, short[x].behind = cost, k, behind
        behind, after = after, node[after].after
    return count


@compiled
def _ends(a, graph, i, k, behind, ready):
    """When a task is done right behind another one (−1: in front of all), whoever comes after that making way."""
    free, family = max(a.now, a.task[i].floor), a.machine[a.mode[k].machine].stands_ready
    if behind >= 0:
        free, family = max(free, graph.node[behind].end), a.task[behind].family
    _, _, end = offer(a, i, k, free, family, ready)
    return end


@compiled
def _at_stake(a, aims, graph, i, after, end):
    """What it may cost to put elsewhere what is in the way of a task until its end; without limit where that may not be."""
    node = graph.node
    cost = 0.0
    for _ in range(OUSTED):
        if after < 0 or node[after].start >= end:
            return cost
        j = a.task[after].job
        # What is pinned and cannot have its start is free, but stays out of what may be moved.
        if node[after].fixed != FREE or aims.row[after] < 0 or j == a.task[i].job:
            return np.inf
        cost += a.cost[MOVE] * (aims.member_at[j + 1] - aims.row[after])
        cost += (
            a.cost[TARDINESS] * aims.weight[after] * max(0.0, _lands(a, graph, after, end) - aims.due[after])
        )
        after = node[after].after
    return cost if after < 0 or node[after].start >= end else np.inf


@compiled
def _lands(a, graph, i, free):
    """About when a task is done that makes way: in the first gap of its length, from a moment on, on any of its machines."""
    node = graph.node
    soonest = NEVER
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        c, seconds = a.mode[k].calendar, a.mode[k].seconds
        if a.machine[a.mode[k].machine].unlimited:
            return free + seconds
        since, after = free, graph.head[a.mode[k].machine]
        while after >= 0 and since < soonest:
            if node[after].start - since >= seconds and (
                c < 0 or worked(a, c, node[after].start) - worked(a, c, since) >= seconds
            ):
                break
            since, after = max(since, node[after].end), node[after].after
        soonest = min(soonest, since + seconds)
    return soonest


@compiled
def _oust(a, graph, journal, aims, i, k, behind, limit):
    """Lift what lies where a task is to go, with all that comes after it in its job, put the task there and them elsewhere."""
    node = graph.node
    work = np.int64(0)
    ready = max(ready_at(a, i, k, node), a.task[i].floor)
    end = _ends(a, graph, i, k, behind, ready)
    ousted = 0
    after = graph.head[a.mode[k].machine] if behind < 0 else node[behind].after
    while after >= 0 and ousted < OUSTED and node[after].start < end:
        following = node[after].after
        aims.ousted[ousted] = after
        ousted += 1
        after = following
    for x in range(ousted):
        first = aims.row[aims.ousted[x]]
        last = aims.member_at[a.task[aims.ousted[x]].job + 1]
        fits, timed = _lifted(a, graph, journal, aims.member, first, last)
        work += timed
        if not fits:
            return False, work
    is_lost = behind >= 0 and node[behind].mode < 0  # of the job of one that was ousted
    if is_lost or not put_noted(a, graph, journal, i, k, behind, 0, limit):
        return False, work
    work += graph.change[0].entries
    limit -= estimate(a, graph, aims, i, node[i].end)
    for x in range(ousted):
        first, last = aims.row[aims.ousted[x]], aims.member_at[a.task[aims.ousted[x]].job + 1]
        fits, timed = settle(a, graph, journal, aims, aims.member, first, last, 1, limit)
        work += timed
        if not fits:
            return False, work
    return True, work


@compiled
def mend_jobs(a, graph, journal, aims, tasks, ends, reach, budget):
    """Lift jobs, one after the other, and put them back at their best, where the plan gets cheaper by it; tasks timed.

    :param tasks: of the first job or jobs to be lifted at once, predecessors first, then of the second and so on.
    :param ends: where those of each end.
    """
    work, first = np.int64(0), np.int64(0)
    for last in ends:
        if work > budget:
            break
        before = graph.total[0]
        fits, timed = settle_firmly(a, graph, journal, aims, tasks, first, last, reach, False)
        work += timed
        first = last
        if not fits or graph.total[0] > before - WORTH_IT:
            undo(a, graph, journal, 0)
        forget(journal)
    return work


@compiled
def mend_tasks(a, graph, journal, aims, tasks, reach, budget):
    """The same with single tasks, in front of which nobody is ousted."""
    work = np.int64(0)
    for x in range(len(tasks)):
        if work > budget:
            break
        before = graph.total[0]
        fits, timed = settle(a, graph, journal, aims, tasks, x, x + 1, reach, before)
        work += timed
        if not fits or graph.total[0] > before - WORTH_IT:
            undo(a, graph, journal, 0)
        forget(journal)
    return work


@compiled
def dearer(a, graph, was, extra):
    """By how much each job costs more than it did; `extra` is filled."""
    for j in range(len(a.job)):
        extra[j] = graph.tally[j].cost - was[j] if graph.tally[j].end > a.job[j].due else 0.0


@compiled
def moved(a, graph, marked):
    """Mark the tasks that left their place in the present plan."""
    node = graph.node
    for i in graph.order:
        marked[i] = (
            node[i].cost >= a.cost[MOVE] * 0.5
            and node[i].fixed == FREE
            and a.task[i].present_start >= 0
            and (
                node[i].start != a.task[i].present_start
                or a.mode[node[i].mode].machine != a.task[i].present_machine
            )
        )
