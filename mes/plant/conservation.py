"""Whether every quantity adds up: what came in and was made is on hand, used, shipped or scrapped.

The balances are recomputed from the moves and compared with what the database's trigger kept; a batch must have put out what
it reported as good, a shipment line must be what its move took out. Read only.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import DecimalField, F, Q, Sum
from django.db.models.functions import Coalesce

from inventory.models import Balance, Location, Lot, Move, Reservation
from inventory.quantities import plain
from orders.models import ShipmentLine
from production.models import Batch

NOTHING = Decimal(0)
Kind = Location.Kind


@dataclass(frozen=True)
class Flow:
    """What became of one item, in its unit."""

    item: str
    uom: str
    received: Decimal
    produced: Decimal
    adjusted: Decimal
    used: Decimal
    shipped: Decimal
    scrapped: Decimal
    on_hand: Decimal

    @property
    def is_balanced(self) -> bool:
        came = self.received + self.produced + self.adjusted
        return came == self.on_hand + self.used + self.shipped + self.scrapped


@dataclass
class Audit:
    """The result: empty `faults` means that every quantity adds up."""

    moves: int
    lots: int
    flows: list[Flow]
    faults: list[str] = field(default_factory=list)


def audit() -> Audit:
    """Check the whole ledger; the number of queries does not depend on its size."""
    found = Audit(moves=Move.objects.count(), lots=Lot.objects.count(), flows=_flows())
    found.faults += [
        f"{flow.item}: what came in is not where it went." for flow in found.flows if not flow.is_balanced
    ]
    found.faults += _lots_that_do_not_add_up()
    found.faults += _balances_that_differ_from_their_moves()
    found.faults += _lots_promised_beyond_stock()
    found.faults += _batches_that_put_out_something_else()
    found.faults += _shipments_that_moved_something_else()
    return found


def _flows() -> list[Flow]:
    """By item; a reversed move runs the other way and so takes itself back."""
    entering: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    names: dict[int, tuple[str, str]] = {}
    rows = Move.objects.values_list(
        "lot__item",
        "lot__item__number",
        "lot__item__revision",
        "lot__item__uom",
        "source__kind",
        "destination__kind",
    ).annotate(total=Sum("quantity"))
    for item, number, revision, uom, source, destination, total in rows.order_by():
        names[item] = (f"{number} rev {revision}" if revision else number, uom)
        entering[item][f"from {source}"] += total
        entering[item][f"to {destination}"] += total
    return sorted(
        (_flow(*names[item], flows) for item, flows in entering.items()), key=lambda flow: flow.item
    )


def _flow(item: str, uom: str, flows: dict[str, Decimal]) -> Flow:
    def out_of(kind: str) -> Decimal:
        return flows[f"from {kind}"]

    def into(kind: str) -> Decimal:
        return flows[f"to {kind}"]

    return Flow(
        item=item,
        uom=uom,
        received=out_of(Kind.SUPPLIER) - into(Kind.SUPPLIER),
        produced=out_of(Kind.PRODUCTION),
        adjusted=out_of(Kind.ADJUSTMENT) - into(Kind.ADJUSTMENT),
        used=into(Kind.PRODUCTION),
        shipped=into(Kind.CUSTOMER) - out_of(Kind.CUSTOMER),
        scrapped=into(Kind.SCRAP) - out_of(Kind.SCRAP),
        on_hand=sum((into(kind) - out_of(kind) for kind in Location.REAL), NOTHING),
    )


def _lots_that_do_not_add_up() -> list[str]:
    """Over all locations, boundaries included, the balances of a lot are zero."""
    wrong = Balance.objects.values("lot", "lot__number").annotate(total=Sum("quantity")).exclude(total=0)
    return [f"Lot {row['lot__number']}: its balances leave {row['total']}." for row in wrong.order_by("lot")]


def _balances_that_differ_from_their_moves() -> list[str]:
    moved: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for end, sign in (("destination", 1), ("source", -1)):
        for lot, location, total in (
            Move.objects.order_by().values_list("lot", end).annotate(total=Sum("quantity"))
        ):
            moved[lot, location] += sign * total
    kept = {
        (lot, place): total
        for lot, place, total in Balance.objects.values_list("lot", "location", "quantity")
    }
    wrong = sorted(
        key for key in moved.keys() | kept.keys() if moved.get(key, NOTHING) != kept.get(key, NOTHING)
    )
    return [
        f"Lot {lot} at location {place}: the balance says {kept.get((lot, place), NOTHING)}, "
        f"the moves say {moved.get((lot, place), NOTHING)}."
        for lot, place in wrong
    ]


def _lots_promised_beyond_stock() -> list[str]:
    claimed = (
        Reservation.objects.open()
        .values("lot", "lot__number")
        .annotate(total=Sum("quantity"))
        .order_by("lot")
    )
    on_hand = {
        row["lot"]: row["total"]
        for row in Balance.objects.on_hand().values("lot").annotate(total=Sum("quantity")).order_by()
    }
    return [
        f"Lot {row['lot__number']}: {row['total']} reserved, {on_hand.get(row['lot'], NOTHING)} on hand."
        for row in claimed
        if row["total"] > on_hand.get(row["lot"], NOTHING)
    ]


def _batches_that_put_out_something_else() -> list[str]:
    total = Coalesce(
        Sum(
            "transformation__moves__quantity",
            filter=Q(
                transformation__moves__kind=Move.Kind.OUTPUT,
                transformation__moves__reverses__isnull=True,
                transformation__moves__reversed_by__isnull=True,
            ),
        ),
        NOTHING,
        output_field=DecimalField(max_digits=18, decimal_places=4),
    )
    wrong = (
        Batch.objects.filter(status__in=[Batch.Status.DONE, Batch.Status.CANCELLED])
        .annotate(output=total)
        .exclude(output=F("good_quantity") + F("scrap_quantity"))
    )
    rows = wrong.order_by("pk").values_list("number", "good_quantity", "scrap_quantity", "output")
    return [
        f"Batch {number}: {plain(good)} good and {plain(scrap)} scrap reported, {plain(output)} put out."
        for number, good, scrap, output in rows
    ]


def _shipments_that_moved_something_else() -> list[str]:
    wrong = ShipmentLine.objects.exclude(quantity=F("move__quantity")) | ShipmentLine.objects.exclude(
        lot=F("move__lot")
    )
    return [
        f"{line}: its move says otherwise." for line in wrong.select_related("shipment", "lot").order_by("pk")
    ]
