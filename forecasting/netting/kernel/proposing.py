"""What to make or buy of one item, day by day."""

from typing import Any

from forecasting.netting.kernel.compiled import compiled, inlined
from forecasting.netting.kernel.sizing import batches, whole
from forecasting.netting.kernel.tables import FIXED, NOTHING


@compiled
def propose(i: Any, rules: Any, by_day: Any, sizes: Any, drafts: Any, n: Any, stock_out: Any) -> Any:
    """Write the proposals of an item, day by day, what is lost on each day and what is in stock at its end.

    Returns how many drafts there are now, or -1 where the table is full.
    """
    coming, firm, forecast, lost, until, ordered = by_day
    lead, safety = rules.lead[i], rules.safety[i]
    stock, out, short = 0.0, -1, -1
    for day in range(len(stock_out)):
        left = stock + coming[day] - firm[day] - forecast[day]
        lacks = left < safety - NOTHING
        out, short = _since(left < -NOTHING, out, day), _since(lacks, short, day)
        wanted, ahead = 0.0, 0.0
        if day >= lead and (lacks or ordered[day]):
            wanted, ahead = _wanted(i, day, left, rules, by_day)
        if wanted > NOTHING:
            count = batches(wanted, rules.minimum[i], rules.multiple[i], rules.vessel[i], sizes)
            if n + count > len(drafts.item):
                return -1
            drafts.needed[n : n + count] = short if short >= 0 else day
            drafts.out[n : n + count] = out if out >= 0 else _runs_out(day, left, by_day)
            drafts.covers[n : n + count] = until[day] - day
            left += _draft(i, day, left, ahead, sizes[:count], drafts, n)
            n += count
        # What was forecast and not there is not asked for again; what was ordered still is.
        lost[day] = min(forecast[day], -left) if left < 0 else 0.0
        stock = left + lost[day]
        stock_out[day] = stock
    return n


@inlined
def _since(holds: Any, before: Any, day: Any) -> Any:
    """The first of the days in a row, up to this one, on which something holds; -1 where it does not hold."""
    if not holds:
        return -1
    return before if before >= 0 else day


@compiled
def _wanted(i: Any, day: Any, left: Any, rules: Any, by_day: Any) -> Any:
    """How much to replenish, and what is asked for beyond what comes until the end of what that covers."""
    coming, firm, forecast, _, until, _ = by_day
    need = rules.safety[i] - left
    ahead, worst = 0.0, 0.0
    for later in range(day + 1, until[day]):
        ahead += forecast[later] + firm[later] - coming[later]
        worst = max(worst, ahead)
    if rules.sizing[i] == FIXED and rules.fixed[i] > 0:
        return whole(need, rules.fixed[i]), ahead
    wanted = need + worst
    if rules.most[i] > 0 and left + wanted > rules.most[i]:
        wanted = max(rules.most[i] - left, need)
    return wanted, ahead


@compiled
def _runs_out(day: Any, stock: Any, by_day: Any) -> Any:
    coming, firm, forecast, _, _, _ = by_day
    for later in range(day + 1, len(coming)):
        stock += coming[later] - firm[later] - forecast[later]
        if stock < -NOTHING:
            return later
    return -1


@compiled
def _draft(i: Any, day: Any, left: Any, ahead: Any, sizes: Any, drafts: Any, n: Any) -> Any:
    """A row for each of these sizes, from row `n` on, but for its days; returns what they bring together."""
    brought = 0.0
    for row, size in enumerate(sizes, n):
        drafts.item[row] = i
        drafts.quantity[row] = size
        drafts.due[row] = day
        drafts.left[row] = left
        drafts.before[row] = brought
        drafts.ahead[row] = ahead
        drafts.waiting[row] = 0.0
        drafts.waiting_cost[row] = 0.0
        brought += size
    return brought
