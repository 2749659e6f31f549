"""The flat tables that netting's inner loops read and write, and what their numbers mean."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NOTHING = 1e-6
PERIOD, FIXED, LEAST_COST, JOINT = 0, 1, 2, 3
FORECAST, SAFETY = -1, -2
"""What a peg serves, where it is no demand by name."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
