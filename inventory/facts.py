"""What happens to stock, told to whoever subscribes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes.core.facts import Fact


@dataclass(frozen=True)
class LotReceived(Fact):
    """A lot arrived from a supplier."""

    lot: int
    item: int
    quantity: Decimal


@dataclass(frozen=True)
class StockMoved(Fact):
    """A move was written; `kind` is one of `Move.Kind`."""

    move: int
    lot: int
    item: int
    kind: str
    quantity: Decimal


@dataclass(frozen=True)
class LotHeld(Fact):
    """A lot may not be used until somebody decides about it."""

    lot: int
    reason: str
    by: int


@dataclass(frozen=True)
class LotReleased(Fact):
    """A lot may be issued and shipped from now on."""

    lot: int
    by: int


@dataclass(frozen=True)
class LotQuarantined(Fact):
    """A lot that could be used, or was held, waits to be judged; what was just made is told as a finished batch."""

    lot: int
    by: int


@dataclass(frozen=True)
class LotResumed(Fact):
    """A lot that was held goes on being made, or is reworked."""

    lot: int
    by: int


@dataclass(frozen=True)
class LotRejected(Fact):
    """A lot will never be used; what was reserved of it is reserved no more."""

    lot: int
    reason: str
    by: int


@dataclass(frozen=True)
class ReservationCut(Fact):
    """Stock that was kept for `purpose` is gone or rejected; `quantity` is what this reservation lost."""

    reservation: int
    lot: int
    purpose: str
    quantity: Decimal


@dataclass(frozen=True)
class PurchaseExpected(Fact):
    """A purchase is open: `quantity` is counted on from `due_date`."""

    expected_receipt: int
    item: int
    quantity: Decimal
    due_date: date
    by: int | None = None


@dataclass(frozen=True)
class PurchasePostponed(Fact):
    """A purchase is counted on from another day than before, later or sooner."""

    expected_receipt: int
    item: int
    due_date: date
    by: int | None = None
    former_date: date | None = None


@dataclass(frozen=True)
class PurchaseReduced(Fact):
    """Less of a purchase is counted on: only `quantity` is still to come."""

    expected_receipt: int
    item: int
    quantity: Decimal
    by: int | None = None


@dataclass(frozen=True)
class PurchaseCancelled(Fact):
    """What had not arrived of a purchase is counted on no longer."""

    expected_receipt: int
    item: int
    by: int | None = None
