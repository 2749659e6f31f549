"""What offers keep, read for lists: the machines and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from orders.models import Offer
from production.models import ProductionOrder, Slot

DEEPEST = 3  # levels of sub-orders whose slots are shown


@dataclass(frozen=True)
class Held:
    """A stretch that a machine is kept for an offer, or (`machine` None) a work center without limit is counted on."""

    machine: str | None
    step: str
    starts_at: datetime
    ends_at: datetime


def held_by(offer: Offer) -> list[Held]:
    """What an offer keeps, by start; nothing once it is not open."""
    return held_by_each([offer]).get(offer.pk, [])


def held_by_each(offers: Iterable[Offer]) -> dict[int, list[Held]]:
    """By open offer, what it keeps, by start; in as many queries however many."""
    offer_of = {
        each.production_order_id: each.pk
        for each in offers
        if each.production_order_id is not None and each.status == Offer.Status.OPEN
    }
    front: Sequence[int] = list(offer_of)
    for _ in range(DEEPEST):
        below = [
            (key, parent)
            for key, parent in ProductionOrder.objects.filter(parent__in=front).values_list("pk", "parent")
            if parent is not None
        ]
        offer_of |= {key: offer_of[parent] for key, parent in below}
        front = [key for key, _ in below]
    slots = Slot.objects.published().filter(operation__batch__order__in=offer_of)
    found: dict[int, list[Held]] = {}
    for slot in slots.select_related("operation__batch", "operation__step", "machine").in_order():
        held = Held(
            str(slot.machine) if slot.machine else None,
            slot.operation.step.name,
            slot.starts_at,
            slot.ends_at,
        )
        found.setdefault(offer_of[slot.operation.batch.order_id], []).append(held)
    return found
