"""The flat tables that netting's inner loops read and write, and what their numbers mean."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NOTHING = 1e-6
PERIOD, FIXED, LEAST_COST, JOINT = 0, 1, 2, 3
FORECAST, SAFETY = -1, -2
"""What a peg serves, where it is no demand by name."""

MOST_BATCHES_A_DAY = 500
"""A quantity that would take more batches than this is a mistake in the vessel; the rest is short and shows."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Rules(NamedTuple):
    """A column for each field of `Rule`, a row for each item; `lead` includes the inspection."""

    lead: Ints
    safety: Floats
    cover: Ints
    minimum: Floats
    multiple: Floats
    vessel: Floats
    most: Floats
    sizing: Ints
    fixed: Floats
    order_cost: Floats
    holding: Floats


class Entries(NamedTuple):
    """What comes and is asked for, grouped by item: the rows of item i are those from `…_first[i]` to before `…_first[i + 1]`.

    Supplies stand in the order in which they are used up (first expired first, then first come), demands in that of their days.
    `row` is an item's row of `forecast`, and `family_row` that of `until`, or -1.
    """

    supply_first: Ints
    supply_day: Ints
    supply_quantity: Floats
    supply_last: Ints
    demand_first: Ints
    demand_day: Ints
    demand_quantity: Floats
    demand_late: Floats
    row: Ints
    forecast: Floats
    family_row: Ints
    until: Ints


class Drafts(NamedTuple):
    """Proposals by column, in the order of the items and days."""

    item: Ints
    quantity: Floats
    due: Ints
    needed: Ints
    out: Ints
    left: Floats
    before: Floats
    ahead: Floats
    covers: Ints
    waiting: Floats
    waiting_cost: Floats


class Draft(NamedTuple):
    """One of the `Drafts`.

    `due` is the day on which it can be used, `left` the stock at the end of that day without any proposal of that day and `before` what
    the others of that day bring; `ahead` is asked for on the rest of the days that it `covers`, beyond what comes.
    """

    item: int
    quantity: float
    due: int
    needed: int
    out: int
    left: float
    before: float
    ahead: float
    covers: int
    waiting: float
    waiting_cost: float


class Pegs(NamedTuple):
    """Supply (of what exists: its row; of a proposal: -1 - its row) to demand (its row, FORECAST or SAFETY)."""

    supply: Ints
    demand: Ints
    quantity: Floats
    first: Ints
    last: Ints


class ByDay(NamedTuple):
    """One item, day by day: what comes, what is asked for by name, what is forecast and, of that, lost because nothing was there.

    `until` is the day up to which a replenishment of the day covers; `ordered` tells on which the set-up of its family asks for one.
    """

    coming: Floats
    firm: Floats
    forecast: Floats
    lost: Floats
    until: Ints
    ordered: Flags


class Unpegged(NamedTuple):
    """What of one item hangs on nothing yet.

    `left` of each supply that is there and then of each proposal, `rest` of each demand by name; `latest` is the peg of each supply or
    proposal that serves the forecast, or -1. `known` is how many supplies are there; the first of them is row `s_first` of the supplies,
    the first proposal row `d_first` of the drafts, the first demand row `a_first` of the demands.
    """

    left: Floats
    rest: Floats
    latest: Ints
    known: int
    s_first: int
    d_first: int
    a_first: int
