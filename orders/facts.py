"""What happens to orders, told to whoever subscribes."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes.core.facts import Fact


@dataclass(frozen=True)
class OrderConfirmed(Fact):
    """We owe the customer this order; stock is reserved and production planned for it."""

    order: int
    by: int


@dataclass(frozen=True)
class LinePromised(Fact):
    """The customer was given a date for a line; it replaces an earlier one."""

    line: int
    promised_date: date


@dataclass(frozen=True)
class OfferMade(Fact):
    """Somebody asked for a date and was given one; capacity and stock are kept for it until it expires."""

    offer: int
    by: int


@dataclass(frozen=True)
class OfferAccepted(Fact):
    """An offer became a line of a confirmed order."""

    offer: int
    line: int
    by: int


@dataclass(frozen=True)
class OfferEnded(Fact):
    """An offer expired or was withdrawn; what it kept is free again."""

    offer: int
    status: str


@dataclass(frozen=True)
class LineAmended(Fact):
    """A line of a confirmed order asks for something else than before."""

    line: int
    reason: str
    by: int


@dataclass(frozen=True)
class StockClaimed(Fact):
    """Stock was reserved for a line after its order was confirmed: it was made or bought for it."""

    line: int
    lot: int
    quantity: Decimal


@dataclass(frozen=True)
class RequirementProven(Fact):
    requirement: int
    by: int


@dataclass(frozen=True)
class OrderShipped(Fact):
    """A shipment left; `is_complete` when nothing of the order is left to ship."""

    shipment: int
    order: int
    is_complete: bool


@dataclass(frozen=True)
class OrderCancelled(Fact):
    order: int
    reason: str
    by: int


@dataclass(frozen=True)
class OrderReopened(Fact):
    """A shipment was reversed; the order waits for its goods again."""

    order: int
    reason: str
    by: int


@dataclass(frozen=True)
class GoodsReturned(Fact):
    """A customer sent back part of a shipment; `lot` is what it is in now."""

    customer_return: int
    lot: int
    quantity: Decimal


@dataclass(frozen=True)
class RecallNoticesPrepared(Fact):
    recall: int
    notices: tuple[int, ...]
    by: int


@dataclass(frozen=True)
class RecallNoticeSent(Fact):
    recall: int
    notice: int
    by: int


@dataclass(frozen=True)
class RecallNoticeAcknowledged(Fact):
    recall: int
    notice: int
    by: int


@dataclass(frozen=True)
class RecalledGoodsAccounted(Fact):
    """A customer says of these quantities of a lot that they came back, or are used up or destroyed."""

    recall: int
    notice: int
    lot: int
    returned: Decimal
    destroyed: Decimal
    by: int


@dataclass(frozen=True)
class OrderAmended(Fact):
    """What a confirmed order asks was changed and handed down anew; the nonconformances are of what was made otherwise."""

    order: int
    amendment: int
    nonconformances: tuple[int, ...]
    by: int


@dataclass(frozen=True)
class AmendmentDropped(Fact):
    order: int
    amendment: int
    by: int


@dataclass(frozen=True)
class ConcessionGranted(Fact):
    """The goods may go though a requirement is not met."""

    requirement: int
    evidence: int
    by: int
