"""What a recall means for customers and orders: who has how much, who waits for what is held, how much is accounted for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from inventory.balancing import LotBalance, balances_of
from inventory.models import Lot, Reservation
from inventory.models.items import unit_of
from orders.models import CustomerReturn, Peg, RecallNotice, RecallNoticeLine, ShipmentLine
from production.models import MaterialClaim
from quality.models import Recall


@dataclass(frozen=True)
class Delivered:
    """What a customer has of a lot.

    :ivar quantity: shipped and not sent back, in the item's unit.
    :ivar shipments: numbers of the shipments that brought it.
    """

    customer: int
    lot: int
    quantity: Decimal
    shipments: tuple[str, ...]
    last_at: datetime


@dataclass(frozen=True)
class Waiting:
    """A claim on a lot that is held: so much of it is kept for an order line or a batch, which now waits."""

    lot: int
    quantity: Decimal
    purpose: str
    order: int | None
    batch: int | None
    customer: str
    due: str


@dataclass(frozen=True)
class Reach:
    """How much of what was shipped is accounted for, in one unit.

    :ivar untold: of the shipped, what no notice tells anybody of.
    """

    uom: str
    shipped: Decimal
    accounted: Decimal
    untold: Decimal

    @property
    def unit(self) -> str:
        return unit_of(self.uom)

    @property
    def percent(self) -> Decimal:
        return round(self.accounted / self.shipped * 100, 1) if self.shipped else Decimal(100)


def delivered_of(lots: Iterable[int]) -> list[Delivered]:
    """Who has how much of each of these lots, by customer and lot; two queries."""
    keys = list(lots)
    back: dict[int, Decimal] = defaultdict(Decimal)
    for line, quantity in (
        CustomerReturn.objects.standing().filter(shipped__lot__any_of=keys).values_list("shipped", "quantity")
    ):
        back[line] += quantity
    rows = (
        ShipmentLine.objects.standing()
        .filter(lot__any_of=keys)
        .order_by("shipment__order__customer__name", "lot__number", "shipment__shipped_at", "pk")
        .values_list(
            "pk", "shipment__order__customer", "lot", "quantity", "shipment__number", "shipment__shipped_at"
        )
    )
    found: dict[tuple[int, int], list[tuple[Decimal, str, datetime]]] = defaultdict(list)
    for line, customer, lot, quantity, shipment, at in rows:
        found[customer, lot].append((quantity - back[line], shipment, at))
    return [
        Delivered(
            customer,
            lot,
            sum((quantity for quantity, _, _ in parts), Decimal(0)),
            tuple(dict.fromkeys(shipment for _, shipment, _ in parts)),
            max(at for _, _, at in parts),
        )
        for (customer, lot), parts in found.items()
    ]


def untold_of(delivered: Iterable[Delivered], recall: Recall) -> list[Delivered]:
    """Of what customers have, what no notice of the recall tells them of yet."""
    told: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    lines = RecallNoticeLine.objects.filter(notice__recall=recall).exclude(
        notice__status=RecallNotice.Status.WITHDRAWN
    )
    for customer, lot, quantity, returned in lines.values_list(
        "notice__customer", "lot", "quantity", "returned"
    ):
        told[customer, lot] += quantity - returned
    left = (
        Delivered(
            each.customer,
            each.lot,
            each.quantity - told[each.customer, each.lot],
            each.shipments,
            each.last_at,
        )
        for each in delivered
    )
    return [each for each in left if each.quantity > 0]


def waiting_for(lots: Iterable[int], at: datetime) -> list[Waiting]:
    """Who had reserved some of these lots, order lines with their customers and batches; three queries."""
    claims = Reservation.objects.binding(at).filter(lot__any_of=list(lots)).order_by("purpose", "pk")
    rows = list(claims.values_list("pk", "lot", "quantity", "purpose"))
    keys = [key for key, *_ in rows]
    pegs = {
        peg.reservation_id: peg.line
        for peg in Peg.objects.filter(reservation__any_of=keys).select_related("line__order__customer")
    }
    batches = {
        claim.reservation_id: claim.batch
        for claim in MaterialClaim.objects.filter(reservation__any_of=keys).select_related(
            "batch__order__site"
        )
    }
    found = []
    for key, lot, quantity, purpose in rows:
        line, batch = pegs.get(key), batches.get(key)
        customer = str(line.order.customer) if line else "Batch" if batch else ""
        due = (
            f"{line.due_date}"
            if line
            else f"{batch.order.due_at.astimezone(batch.order.site.zone).date()}"
            if batch
            else ""
        )
        order, waits = line.order_id if line else None, batch.pk if batch and not line else None
        found.append(Waiting(lot, quantity, purpose, order, waits, customer, due))
    return found


def reach_of(recall: Recall, balances: Mapping[int, LotBalance] | None = None) -> list[Reach]:
    """How much of what was shipped is accounted for, by unit; what nobody was told of counts as shipped and not accounted for.

    :param balances: of the recall's lots, where the caller has them already.
    """
    lots = list(recall.lots.values_list("lot", flat=True))
    balances = balances_of(lots) if balances is None else balances
    told: dict[int, tuple[Decimal, Decimal, Decimal]] = {}
    lines = RecallNoticeLine.objects.filter(notice__recall=recall).exclude(
        notice__status=RecallNotice.Status.WITHDRAWN
    )
    for lot, quantity, returned, destroyed in (
        lines.order_by().values_list("lot").annotate(Sum("quantity"), Sum("returned"), Sum("destroyed"))
    ):
        told[lot] = (quantity, returned, destroyed)
    units = dict(
        Lot.objects.filter(
            pk__any_of=[lot for lot in lots if lot in told or balances[lot].at_customers]
        ).values_list("pk", "item__uom")
    )
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for lot, uom in units.items():
        quantity, returned, destroyed = told.get(lot, (Decimal(0),) * 3)
        untold = max(balances[lot].at_customers - (quantity - returned), Decimal(0))
        for place, figure in enumerate((quantity + untold, returned + destroyed, untold)):
            sums[uom][place] += figure
    return [Reach(uom, *figures) for uom, figures in sorted(sums.items())]


def effectiveness_of(recall: Recall, reach: Iterable[Reach]) -> Decimal | None:
    """Per cent accounted for, of the unit that is worst off, since kilograms and pieces do not add up.

    None where nothing was shipped, and where `why_not_measured` says why.
    """
    if why_not_measured(recall):
        return None
    return min((each.percent for each in reach if each.shipped), default=None)


def why_not_measured(recall: Recall) -> str:
    """Why how well customers were reached is no measure of this recall; empty where it is one."""
    if recall.is_mock:
        return "not measured: a drill tells nobody"
    if recall.status == Recall.Status.CANCELLED:
        return "not measured: it was called off"
    return ""
