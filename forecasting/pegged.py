"""What full pegging tells of an item: each demand with what covers it, and whom a proposal serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from forecasting.netting.book import NOTHING
from inventory.models import Item

KINDS: Final = ("order", "forecast", "batch", "product", "safety stock")
SOURCES: Final = ("stock", "quarantine", "purchase", "production", "proposal")


@dataclass(frozen=True)
class Source:
    """What covers a part of a demand; `day` is from when it can be used, `lateness` the days that the demand waits for it.

    :ivar about: the lot, purchase, production order or proposal itself; None where it is none of them.
    """

    kind: str
    what: str
    quantity: float
    day: date
    lateness: int
    about: Any = None


@dataclass(frozen=True)
class Covered:
    """One demand of the item, in its unit, and what covers it; `short` is what nothing covers within the horizon.

    A forecast is told for the days that one supply covers, and that which finds no stock, and is lost, by itself.

    :ivar ends: for whom it is in the end, where it is for a product that is to be made.
    """

    kind: str
    what: str
    first_date: date
    last_date: date
    quantity: float
    short: float
    sources: Sequence[Source]
    about: Any = None
    ends: Sequence["Served"] = ()

    @property
    def lateness(self) -> int:
        """Days that a part of it waits beyond the day on which it is wanted."""
        return max((source.lateness for source in self.sources), default=0)


@dataclass(frozen=True)
class Served:
    """A demand that a proposal serves in the end: of `item`, in its unit. `about` is the order line where it is one."""

    kind: str
    what: str
    item: Item
    first_date: date
    last_date: date
    quantity: float
    about: Any = None


@dataclass(frozen=True)
class Pegging:
    """Demands of an item by day, and by the key of each of its proposals whom that serves."""

    item: Item
    demands: Sequence[Covered] = ()
    serves: Mapping[int, Sequence[Served]] = field(default_factory=dict)

    @property
    def short(self) -> Sequence[Covered]:
        return [one for one in self.demands if one.short > NOTHING]
