"""One item after another: what comes of it, how its lots are sized, what is proposed, and what uses what."""

from typing import Any

import numpy as np

from forecasting.netting.kernel.by_day import load, room, spoil
from forecasting.netting.kernel.compiled import allocating
from forecasting.netting.kernel.pegging import peg, unpegged
from forecasting.netting.kernel.proposing import propose
from forecasting.netting.kernel.sizing import spans
from forecasting.netting.kernel.tables import MOST_BATCHES_A_DAY


@allocating
def net_items(
    start: Any,
    stop: Any,
    rules: Any,
    e: Any,
    days: Any,
    drafts: Any,
    pegs: Any,
    stock_out: Any,
    asked_out: Any,
) -> Any:
    """Net items from `start` to before `stop`.

    Returns (the first item that is not done, drafts and pegs written): where the tables are full before the last item is done, the
    caller makes room and goes on from there. Rows of `stock_out` and `asked_out` are those of the items.
    """
    by_day = room(days)
    sizes = np.zeros(MOST_BATCHES_A_DAY + 1)
    n_drafts, n_pegs = 0, 0
    for i in range(start, stop):
        load(i, e, by_day)
        asked_out[i] = by_day.firm + by_day.forecast
        spoil(i, e, by_day)
        spans(i, rules, e, by_day)
        drafted = propose(i, rules, by_day, sizes, drafts, n_drafts, stock_out[i])
        if drafted < 0:
            return i, n_drafts, n_pegs
        loose = unpegged(i, e, drafts, n_drafts, drafted)
        pegged = peg(loose, e, by_day, drafts, pegs, n_pegs)
        if pegged < 0:
            return i, n_drafts, n_pegs
        n_drafts, n_pegs = drafted, pegged
    return stop, n_drafts, n_pegs
