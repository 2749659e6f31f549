"""What orders do when stock becomes usable: it is reserved for the lines that wait for it; and when a return proves to be none."""

from inventory.facts import LotReleased, StockMoved
from inventory.models import Lot, Move
from mes.core.facts import subscriber
from mes.core.outbox import moment
from orders import services
from orders.models import CustomerReturn

BRINGS_STOCK = {Move.Kind.RECEIPT, Move.Kind.OUTPUT, Move.Kind.ADJUSTMENT, Move.Kind.RETURN}


@subscriber(LotReleased)
def claim_released_lot(fact: LotReleased) -> None:
    services.claim_stock(Lot.objects.get(pk=fact.lot), at=moment())


@subscriber(StockMoved)
def claim_arrived_stock(fact: StockMoved) -> None:
    """Serial numbers, and lots that need no verdict, come into stock without being released one by one."""
    if fact.kind in BRINGS_STOCK:
        services.claim_stock(Lot.objects.get(pk=fact.lot), at=moment())


@subscriber(StockMoved)
def uncount_reversed_return(fact: StockMoved) -> None:
    """A return that was reversed never came: no recall counts it as back."""
    if fact.kind != Move.Kind.RETURN:
        return
    move = Move.objects.get(pk=fact.move)
    if move.reverses_id is None:
        return
    returned = CustomerReturn.objects.filter(move=move.reverses_id)
    for each in returned.select_related("shipped__shipment__order", "shipped__lot"):
        services.uncount_return(each)
