"""What orders do when stock becomes usable: it is reserved for the lines that wait for it."""

from inventory.facts import LotReleased, StockMoved
from inventory.models import Lot, Move
from mes.core.facts import subscriber
from mes.core.outbox import moment
from orders import services

BRINGS_STOCK = {Move.Kind.RECEIPT, Move.Kind.OUTPUT, Move.Kind.ADJUSTMENT, Move.Kind.RETURN}


@subscriber(LotReleased)
def claim_released_lot(fact: LotReleased) -> None:
    services.claim_stock(Lot.objects.get(pk=fact.lot), at=moment())


@subscriber(StockMoved)
def claim_arrived_stock(fact: StockMoved) -> None:
    """Serial numbers, and lots that need no verdict, come into stock without being released one by one."""
    if fact.kind in BRINGS_STOCK:
        services.claim_stock(Lot.objects.get(pk=fact.lot), at=moment())
