"""Tabu search for the makespan of a job shop whose machines never close: N7 moves on critical blocks.

Neighbourhood: Zhang, Li, Guan & Rao 2007 (moves within a critical block to, from and around its ends); feasibility and
the estimate of a move: Balas & Vazacopoulos 1998. Heads are earliest starts, tails the longest way from a task's end to the end
of everything.
"""

import numpy as np

from production.scheduling.kernel.anneal import draw
from production.scheduling.kernel.compiled import allocating, compiled


@allocating
def tabu_search(a, order, random, patience, goal, stop):
    """Search from an order of all tasks (predecessors first) until nothing better came for so many moves.

    :param goal: a makespan at which to stop. :param stop: its first row ends the search when another thread makes it 1.
    :returns: the makespan and the order of the best plan.
    """
    size = len(a.task)
    length, machine = np.empty(size, np.int64), np.empty(size, np.int64)
    for i in range(size):
        length[i] = a.mode[a.task[i].mode_at].seconds
        machine[i] = a.mode[a.task[i].mode_at].machine
    before, after = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    last = np.full(len(a.machine), -1, np.int64)
    for i in order:
        before[i] = last[machine[i]]
        if before[i] >= 0:
            after[before[i]] = i
        last[machine[i]] = i
    head, tail = np.empty(size, np.int64), np.empty(size, np.int64)
    waits = np.empty(size, np.int64)
    sequence = order.copy()
    tabu = np.zeros((size, size), np.int32)
    path = np.empty(size, np.int64)
    span = _measure(a, length, before, after, head, tail, waits, sequence)
    best, best_order = span, sequence.copy()
    machines = len(a.machine)
    tenure = 10 + size // machines**2 + size // (8 * machines)
    move = np.empty(3, np.int64)
    stall = step = 0
    while stall < patience and best > goal and stop[0] == 0:
        step += 1
        stall += 1
        count = _critical_path(a, length, before, after, head, tail, span, random, path)
        if not _pick(
            a, length, before, after, head, tail, machine, tabu, path, count, best, step, random, move
        ):
            break
        _apply(before, after, tabu, move, step + tenure + np.int64(draw(random) * tenure * 0.5))
        span = _measure(a, length, before, after, head, tail, waits, sequence)
        if span < best:
            best, stall = span, 0
            best_order[:] = sequence
    return best, best_order


@compiled
def _measure(a, length, before, after, head, tail, waits, sequence):
    """Heads, tails and a topological order of the plan; its makespan."""
    size = len(length)
    count = 0
    for i in range(size):
        waits[i] = a.task[i].pred_end - a.task[i].pred_at + (1 if before[i] >= 0 else 0)
        head[i] = a.task[i].release
        if waits[i] == 0:
            sequence[count] = i
            count += 1
    span = np.int64(0)
    place = 0
    while place < count:
        i = sequence[place]
        place += 1
        end = head[i] + length[i]
        span = max(span, end)
        s = after[i]
        if s >= 0:
            head[s] = max(head[s], end)
            waits[s] -= 1
            if waits[s] == 0:
                sequence[count] = s
                count += 1
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            head[s] = max(head[s], end)
            waits[s] -= 1
            if waits[s] == 0:
                sequence[count] = s
                count += 1
    for place in range(count - 1, -1, -1):
        i = sequence[place]
        longest = np.int64(0)
        if after[i] >= 0:
            longest = tail[after[i]] + length[after[i]]
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            longest = max(longest, tail[s] + length[s])
        tail[i] = longest
    return span


@compiled
def _critical_path(a, length, before, after, head, tail, span, random, path):
    """One longest path, drawn at its branches, from its end to its beginning and then turned round."""
    i, ties = -1, 0
    for x in range(len(length)):
        if head[x] + length[x] == span:
            ties += 1
            if draw(random) * ties < 1.0:
                i = x
    count = 0
    while i >= 0:
        path[count] = i
        count += 1
        chosen, ties = -1, 0
        if before[i] >= 0 and head[before[i]] + length[before[i]] == head[i]:
            chosen, ties = before[i], 1
        for e in range(a.task[i].pred_at, a.task[i].pred_end):
            p = a.pred[e].task
            if head[p] + length[p] == head[i]:
                ties += 1
                if draw(random) * ties < 1.0:
                    chosen = p
        i = chosen
    for x in range(count // 2):
        path[x], path[count - 1 - x] = path[count - 1 - x], path[x]
    return count


@compiled
def _pick(a, length, before, after, head, tail, machine, tabu, path, count, best, step, random, move):
    """The best move that is not tabu, or leads to a new best; else any. A move is (task, beside whom, 1 behind / 0 before)."""
    least, ties = np.int64(1) << 60, 0
    any_count = 0
    fallback0, fallback1, fallback2 = -1, -1, 0
    start = 0
    while start < count:
        end = start
        while end + 1 < count and machine[path[end + 1]] == machine[path[start]]:
            end += 1
        for x in range(start, end + 1):
            for to_end in range(2):
                # Inner tasks go to either end of the block; its ends go inside.
                for other in range(2):
                    if other == 0:
                        u, v, behind = path[x], path[end if to_end else start], to_end
                    else:
                        u, v, behind = path[start if to_end else end], path[x], to_end
                    if u == v or (other == 1 and (x == start or x == end)):
                        continue
                    if not _is_feasible(a, length, head, tail, u, v, behind):
                        continue
                    any_count += 1
                    if draw(random) * any_count < 1.0:
                        fallback0, fallback1, fallback2 = u, v, behind
                    value = _estimate(a, length, before, after, head, tail, u, v, behind)
                    if value > least:
                        continue
                    if value >= best and _is_tabu(before, after, tabu, u, v, behind, step):
                        continue
                    ties = 1 if value < least else ties + 1
                    if value < least or draw(random) * ties < 1.0:
                        least = value
                        move[0], move[1], move[2] = u, v, behind
        start = end + 1
    if least == np.int64(1) << 60:
        move[0], move[1], move[2] = fallback0, fallback1, fallback2
    return move[0] >= 0 and any_count > 0


@compiled
def _is_feasible(a, length, head, tail, u, v, behind):
    """Whether no way leads from a successor of u to v (or from v to a predecessor of u): sufficient, not necessary."""
    if behind:
        for e in range(a.task[u].succ_at, a.task[u].succ_end):
            s = a.succ[e].task
            if tail[v] + length[v] < tail[s] + length[s]:
                return False
        return True
    for e in range(a.task[u].pred_at, a.task[u].pred_end):
        p = a.pred[e].task
        if head[v] + length[v] < head[p] + length[p]:
            return False
    return True


@compiled
def _is_tabu(before, after, tabu, u, v, behind, step):
    x = u
    while x != v:
        x = after[x] if behind else before[x]
        if (tabu[x, u] if behind else tabu[u, x]) > step:
            return True
    return False


@compiled
def _ready(a, length, head, i):
    at = a.task[i].release
    for e in range(a.task[i].pred_at, a.task[i].pred_end):
        p = a.pred[e].task
        at = max(at, head[p] + length[p])
    return at


@compiled
def _left(a, length, tail, i):
    most = np.int64(0)
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        s = a.succ[e].task
        most = max(most, tail[s] + length[s])
    return most


@compiled
def _estimate(a, length, before, after, head, tail, u, v, behind):
    """The longest way through the tasks that change places, their surroundings as they are."""
    if behind:
        # u, l1 … v becomes l1 … v, u.
        end = head[before[u]] + length[before[u]] if before[u] >= 0 else np.int64(0)
        x = u
        while x != v:
            x = after[x]
            end = max(end, _ready(a, length, head, x)) + length[x]
        begin = max(end, _ready(a, length, head, u))
        rest = tail[after[v]] + length[after[v]] if after[v] >= 0 else np.int64(0)
        rest = max(rest, _left(a, length, tail, u))
        worst = begin + length[u] + rest
        below = rest + length[u]
        return max(worst, _through(a, length, before, after, head, tail, u, v, below))
    end = head[before[v]] + length[before[v]] if before[v] >= 0 else np.int64(0)
    begin = max(end, _ready(a, length, head, u))
    end = begin + length[u]
    rest = tail[after[u]] + length[after[u]] if after[u] >= 0 else np.int64(0)
    # v … lk, u becomes u, v … lk: tails from the back, then heads from the front.
    x = u
    below = rest
    worst = np.int64(0)
    while x != v:
        x = before[x]
        below = max(below, _left(a, length, tail, x)) + length[x]
    worst = begin + length[u] + max(below, _left(a, length, tail, u))
    x = v
    while x != u:
        start = max(end, _ready(a, length, head, x))
        # What follows x is known only from the back; the old tail is a good stand-in but for the last one.
        following = after[x] if after[x] != u else -1
        behind_x = _left(a, length, tail, x)
        if following >= 0:
            behind_x = max(behind_x, _tail_without(a, length, tail, after, x, u, rest))
        else:
            behind_x = max(behind_x, rest)
        worst = max(worst, start + length[x] + behind_x)
        end = start + length[x]
        x = after[x]
    return worst


@compiled
def _tail_without(a, length, tail, after, x, u, rest):
    """The way behind x to u's old neighbour when u is taken out from between."""
    most, passed = np.int64(0), np.int64(0)
    y = after[x]
    while y != u:
        passed += length[y]
        most = max(most, passed + _left(a, length, tail, y))
        y = after[y]
    return max(most, passed + rest)


@compiled
def _through(a, length, before, after, head, tail, u, v, below):
    """The longest way through l1 … v when u follows them, `below` being the way from v's end on over u."""
    worst = np.int64(0)
    end = head[before[u]] + length[before[u]] if before[u] >= 0 else np.int64(0)
    x = u
    while x != v:
        x = after[x]
        start = max(end, _ready(a, length, head, x))
        end = start + length[x]
        most, passed = _left(a, length, tail, x), np.int64(0)
        y = x
        while y != v:
            y = after[y]
            passed += length[y]
            most = max(most, passed + _left(a, length, tail, y))
        worst = max(worst, end + max(most, passed + below))
    return worst


@compiled
def _apply(before, after, tabu, move, until):
    """Change places, and forbid for a while to change them back."""
    u, v, behind = move[0], move[1], move[2]
    x = u
    while x != v:
        x = after[x] if behind else before[x]
        if behind:
            tabu[u, x] = until
        else:
            tabu[x, u] = until
    if before[u] >= 0:
        after[before[u]] = after[u]
    if after[u] >= 0:
        before[after[u]] = before[u]
    if behind:
        before[u], after[u] = v, after[v]
    else:
        before[u], after[u] = before[v], v
    if before[u] >= 0:
        after[before[u]] = u
    if after[u] >= 0:
        before[after[u]] = u
