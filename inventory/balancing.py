"""What became of each lot: received or made, and where all of it is now.

Both sides are counted on their own: what came and went from the ledger, what is here from the balances. They differ by nothing unless
stock was counted otherwise than the books had it (`adjusted`), or the books themselves are damaged (`difference`).
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from decimal import Decimal

from django.db import connection

_SUMS = """
    WITH asked AS (SELECT unnest(%s::bigint[]) AS lot_id)
    SELECT asked.lot_id, received, made, on_hand, used, shipped, returned, sent_back, scrapped, adjusted
    FROM asked
    LEFT JOIN (
        SELECT lot_id,
            coalesce(sum(signed) FILTER (WHERE kind = 'receipt'), 0) AS received,
            coalesce(sum(signed) FILTER (WHERE kind = 'output'), 0) AS made,
            coalesce(sum(signed) FILTER (WHERE kind = 'issue'), 0) AS used,
            coalesce(sum(signed) FILTER (WHERE kind = 'shipment'), 0) AS shipped,
            coalesce(sum(signed) FILTER (WHERE kind = 'return' AND edge = 'customer'), 0) AS returned,
            coalesce(sum(signed) FILTER (WHERE kind = 'return' AND edge = 'supplier'), 0) AS sent_back,
            coalesce(sum(signed) FILTER (WHERE kind = 'scrap'), 0) AS scrapped,
            coalesce(sum(CASE WHEN found THEN quantity ELSE -quantity END) FILTER (WHERE kind = 'adjustment'), 0) AS adjusted
        FROM (
            SELECT move.lot_id, move.kind, move.quantity,
                CASE WHEN move.reverses_id IS NULL THEN move.quantity ELSE -move.quantity END AS signed,
                destination.is_real AS found,
                CASE WHEN source.is_real THEN destination.kind ELSE source.kind END AS edge
            FROM asked
            JOIN inventory_move move ON move.lot_id = asked.lot_id AND move.kind <> 'transfer'
            JOIN inventory_location source ON source.id = move.source_id
            JOIN inventory_location destination ON destination.id = move.destination_id
        ) crossing
        GROUP BY lot_id
    ) moved ON moved.lot_id = asked.lot_id
    LEFT JOIN (
        SELECT balance.lot_id, sum(balance.quantity) AS on_hand FROM asked
        JOIN inventory_balance balance ON balance.lot_id = asked.lot_id AND balance.is_real
        GROUP BY balance.lot_id
    ) here ON here.lot_id = asked.lot_id
    ORDER BY asked.lot_id
"""


@dataclass(frozen=True)
class LotBalance:
    """Quantities of one lot, in its item's unit.

    :ivar shipped: to customers, before what they sent back.
    :ivar sent_back: to the supplier.
    :ivar adjusted: found in counts (above zero) or missing in them.
    """

    lot: int
    received: Decimal = Decimal(0)
    made: Decimal = Decimal(0)
    on_hand: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    sent_back: Decimal = Decimal(0)
    scrapped: Decimal = Decimal(0)
    adjusted: Decimal = Decimal(0)

    @property
    def came(self) -> Decimal:
        return self.received + self.made

    @property
    def at_customers(self) -> Decimal:
        return self.shipped - self.returned

    @property
    def went(self) -> Decimal:
        """On hand, used, at customers, sent back and scrapped, together."""
        return self.on_hand + self.used + self.at_customers + self.sent_back + self.scrapped

    @property
    def unaccounted(self) -> Decimal:
        """What came and is nowhere (above zero), or is somewhere and never came: what counts found, and damage."""
        return self.came - self.went

    @property
    def difference(self) -> Decimal:
        """What not even counts explain: zero, unless somebody wrote past the ledger."""
        return self.unaccounted + self.adjusted

    def __add__(self, other: "LotBalance") -> "LotBalance":
        """Of both together, which makes sense in one unit; `lot` stays that of the first."""
        pairs = zip(astuple(self)[1:], astuple(other)[1:], strict=True)
        return LotBalance(self.lot, *(mine + theirs for mine, theirs in pairs))


def balances_of(lots: Iterable[int]) -> dict[int, LotBalance]:
    """The balance of each lot, by key, in the order of their keys; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [list(lots)])
        rows = cursor.fetchall()
    return {lot: LotBalance(lot, *(each or Decimal(0) for each in sums)) for lot, *sums in rows}


FIGURES = tuple(field.name for field in fields(LotBalance) if field.name != "lot")
"""Names of the quantities, in the order in which a table tells them."""
