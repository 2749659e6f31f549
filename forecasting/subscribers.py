"""What forecasting does about facts from below."""

from forecasting import services
from inventory.facts import StockMoved
from inventory.models import Move
from mes.core.facts import subscriber
from orders.facts import GoodsReturned, OrderShipped
from orders.models import CustomerReturn, Shipment, ShipmentLine
from production.facts import SchedulePublished
from production.models import Schedule


@subscriber(OrderShipped)
def count_as_demand(fact: OrderShipped) -> None:
    """What left for a customer was asked for."""
    services.record_shipped_demand(Shipment.objects.get(pk=fact.shipment))


@subscriber(SchedulePublished)
def note_what_it_displaced(fact: SchedulePublished) -> None:
    """A batch made to stock that gave way to something else may come after the stock has run out."""
    schedule = Schedule.objects.get(pk=fact.schedule)
    services.note_displacements(schedule, at=schedule.made_at)


@subscriber(StockMoved)
def recount_when_it_came_back(fact: StockMoved) -> None:
    """A shipment that is reversed was not demand, a return that is reversed never came."""
    move = Move.objects.get(pk=fact.move)
    if move.reverses_id is None:
        return
    line = ShipmentLine.objects.filter(move=move.reverses_id).select_related("shipment").first()
    if line is not None:
        services.record_shipped_demand(line.shipment)
    returned = CustomerReturn.objects.filter(move=move.reverses_id).select_related("lot").first()
    if returned is not None:
        services.record_returned_demand(returned)


@subscriber(GoodsReturned)
def count_as_returned(fact: GoodsReturned) -> None:
    """What a customer sent back reduces demand, and is seen as such."""
    services.record_returned_demand(CustomerReturn.objects.get(pk=fact.customer_return))
