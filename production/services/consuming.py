"""Material that operations consume: the lots that people scanned, or what is kept and free, first expired first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from inventory import services as inventory
from inventory.models import Balance, Item, Lot, Move, Reservation
from inventory.quantities import check_quantity, plain
from mes.core.models import User
from mes.core.refusals import DomainError
from production.bills import carries, quantum
from production.doubts import doubts_in, lots_in_doubt
from production.explosion import round_up
from production.models import Batch, Component, MaterialClaim, Operation
from production.services.claims import attributes_asked
from quality import services as quality

TOLERATED_EXCESS = Decimal("1.10")  # of what the bill of material says, before somebody must look into it
TOLERATED_SAVING = Decimal("0.90")
LOTS_SHOWN = 10
_QUANTITY = DecimalField(max_digits=18, decimal_places=4)


class NotAComponent(DomainError):
    code = "production.not_a_component"
    title = "This step does not take that item"


class SpecificationUnmet(DomainError):
    code = "production.specification_unmet"
    title = "The lot is not what the customer asked for"


class MaterialInDoubt(DomainError):
    code = "production.material_in_doubt"
    title = "The lot was measured with a gauge that was out of tolerance"


class TooMuchConsumed(DomainError):
    code = "production.too_much_consumed"
    title = "More consumed than the bill of material says"


class TooLittleConsumed(DomainError):
    code = "production.too_little_consumed"
    title = "Less consumed than the bill of material says"


class NotEnoughMaterial(DomainError):
    code = "production.not_enough_material"
    title = "Not enough usable material"


@dataclass(frozen=True)
class Portion:
    """So much of a lot, for one component."""

    component: Component
    lot: Lot
    quantity: Decimal


@transaction.atomic
def consume(
    operation: Operation,
    processed: Decimal,
    consumed: Sequence[tuple[Lot, Decimal]] | None,
    *,
    by: User,
    at: datetime,
) -> list[Move]:
    """Consume what a step takes for `processed` units, into the batch's transformation.

    Components of which no lot is named are taken from what is kept for the batch, then from free stock, first expired first.

    :param consumed: lots that were really used, with quantities.
    :raises NotAComponent: for a lot of an item that the step does not take.
    :raises SpecificationUnmet: for a lot without an attribute that the customer asked for.
    :raises MaterialInDoubt: for a lot that the review of a gauge has not decided; where none is named, such are left alone.
    :raises TooMuchConsumed: when named lots exceed the bill of material by more than a tenth.
    :raises TooLittleConsumed: when named lots of a component fall short of it by more than a tenth.
    :raises NotEnoughMaterial: when usable stock does not suffice; every lot there is, is named.
    :raises InsufficientStock, LotNotUsable, StockReserved: from the ledger, for named lots.
    """
    batch = operation.batch
    components = list(operation.step.components.select_related("item__site").order_by("pk"))
    asked = attributes_asked([batch.order_id])
    wanted = {part.pk: asked.get((batch.order_id, part.pk), {}) for part in components}
    named = _named(components, consumed or (), wanted)
    _require_within_bill(named, processed)
    _require_no_doubt(named)
    today = at.astimezone(batch.plan.item.site.zone).date()
    left = [part for part in components if not any(portion.component == part for portion in named)]
    there = {part: list(_lots_for(batch, part, wanted[part.pk], today, at)) for part in left}
    doubtful = lots_in_doubt({lot.pk for lots in there.values() for lot in lots}) if left else set()
    portions = list(named)
    for part, lots in there.items():
        sure = [lot for lot in lots if lot.pk not in doubtful]
        portions += _choose(batch, part, need_of(part, processed), sure, today)
    return _issue(portions, batch, by=by, at=at)


def need_of(component: Component, processed: Decimal) -> Decimal:
    """What the bill of material says of a component for so many units."""
    return round_up(processed * component.quantity_per, quantum(component.item))


def _named(
    components: Sequence[Component],
    consumed: Sequence[tuple[Lot, Decimal]],
    wanted: Mapping[int, Mapping[str, str]],
) -> list[Portion]:
    by_item = {part.item_id: part for part in components}
    portions = []
    for lot, quantity in consumed:
        part = by_item.get(lot.item_id)
        if part is None:
            names = ", ".join(str(each.item) for each in components) or "nothing"
            raise NotAComponent(
                f"Lot {lot} is {lot.item}, which this step does not take.", remedy=f"It takes: {names}."
            )
        if not carries(lot.attributes, wanted[part.pk]):
            raise SpecificationUnmet(
                f"Lot {lot} does not carry what the order asks of {part.item}: {_lacking(lot, wanted[part.pk])}.",
                remedy="Take a lot that does.",
            )
        portions.append(Portion(part, lot, check_quantity(lot.item, quantity, name="consumed")))
    return portions


def _lacking(lot: Lot, wanted: Mapping[str, str]) -> str:
    """What of it the lot lacks, and what it has in its place."""
    told = []
    for name, value in wanted.items():
        if not carries(lot.attributes, {name: value}):
            has = f"it has {lot.attributes[name]}" if name in lot.attributes else "it has none"
            told.append(f"{name} {value}".strip() + f" ({has})")
    return ", ".join(told)


def _require_within_bill(portions: Sequence[Portion], processed: Decimal) -> None:
    totals: dict[Component, Decimal] = {}
    for portion in portions:
        totals[portion.component] = totals.get(portion.component, Decimal(0)) + portion.quantity
    for part, total in totals.items():
        need = need_of(part, processed)
        if total > need * TOLERATED_EXCESS:
            raise TooMuchConsumed(
                f"{plain(total)} {part.item.unit} of {part.item} for {plain(processed)} units, where the bill of material "
                f"says {plain(need)}.",
                remedy="Correct the quantity; scrap material that was spoilt from its lot, with the reason.",
            )
        if total < need * TOLERATED_SAVING:
            raise TooLittleConsumed(
                f"Only {plain(total)} {part.item.unit} of {part.item} named for {plain(processed)} units, where the bill of "
                f"material says {plain(need)}.",
                remedy="Name every lot that was used; or none of this item, and what is kept for the batch is taken.",
            )


def _require_no_doubt(portions: Sequence[Portion]) -> None:
    doubts = doubts_in({portion.lot.pk for portion in portions}) if portions else None
    if doubts is not None:
        raise MaterialInDoubt(str(doubts), remedy=f"{doubts.remedy} Or take another lot.", see=doubts.see)


def _choose(batch: Batch, part: Component, need: Decimal, lots: Iterable[Any], today: date) -> list[Portion]:
    """What to take of which of these lots, one after another."""
    missing = need
    portions = []
    for lot in lots:
        taken = min(missing, lot.available)
        if taken > 0:
            portions.append(Portion(part, lot, taken))
            missing -= taken
        if missing <= 0:
            return portions
    raise NotEnoughMaterial(
        f"{batch} needs {plain(need)} {part.item.unit} of {part.item}; {plain(need - missing)} can be used. "
        f"{lots_there(part.item, today)}",
        remedy="Receive or release more, or name the lots that were used.",
    )


def _lots_for(
    batch: Batch, part: Component, attributes: Mapping[str, str], today: date, at: datetime
) -> QuerySet[Any, Any]:
    """Usable lots with `available`: what is on hand of each and kept for nobody but this batch.

    Those kept for the batch come first, then free ones, each first expired first.
    """
    claimed = MaterialClaim.objects.filter(
        batch=batch, component=part, reservation__status=Reservation.Status.OPEN
    ).values("reservation__lot")
    on_hand = Balance.objects.on_hand().filter(lot=OuterRef("pk")).order_by().values("lot")
    others = Reservation.objects.binding(at).filter(lot=OuterRef("pk")).exclude(purpose=batch.number)
    kept = others.order_by().values("lot").annotate(total=Sum("quantity")).values("total")
    lots: QuerySet[Any, Any] = (
        part.item.lots.usable(today)
        .carrying(attributes)
        .annotate(
            present=Subquery(on_hand.annotate(total=Sum("quantity")).values("total"), output_field=_QUANTITY),
            rank=Case(When(pk__in=claimed, then=Value(0)), default=Value(1), output_field=IntegerField()),
        )
        .filter(present__gt=0)
        .annotate(available=F("present") - Coalesce(Subquery(kept, output_field=_QUANTITY), Decimal(0)))
        .select_related("item__site")
        .order_by("rank", F("expires_on").asc(nulls_last=True), "made_at", "pk")
    )
    return lots


def lots_there(item: Item, today: date) -> str:
    """Every lot of an item in stock with what keeps it from being used, in words."""
    stocked: Any = item.lots.with_on_hand()
    lots = list(stocked.filter(on_hand__gt=0).select_related("item").order_by("pk")[:LOTS_SHOWN])
    doubtful = lots_in_doubt(lot.pk for lot in lots)
    words = [
        f"{lot}: {plain(lot.on_hand)} ({_state_of(lot, today, in_doubt=lot.pk in doubtful)})" for lot in lots
    ]
    return f"In stock: {'; '.join(words)}." if words else "None is in stock."


def _state_of(lot: Lot, today: date, *, in_doubt: bool) -> str:
    because, kept = lot.unusable_because(today), inventory.reserved(lot)
    if because:
        return because[0].rstrip(".")
    if in_doubt:
        return "in doubt until the review of a gauge has decided it"
    return f"{plain(kept)} reserved" if kept else "free"


def _issue(portions: Sequence[Portion], batch: Batch, *, by: User, at: datetime) -> list[Move]:
    if batch.transformation is None:
        raise AssertionError("a running batch has its transformation")
    lots = {portion.lot.pk: portion.lot for portion in portions}
    inventory.lock_lots(lots.values())
    for lot in lots.values():
        quality.require_usable(lot, at)
    return [
        move
        for portion in portions
        for move in inventory.issue(
            lots[portion.lot.pk],
            portion.quantity,
            transformation=batch.transformation,
            reference=batch.number,
            by=by,
            at=at,
        )
    ]
