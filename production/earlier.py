"""The plan as it would be had a version never been: what that version moved is where it was before."""

from datetime import datetime

from production.models import Schedule, Slot
from production.models.schedule import SlotQuerySet
from production.movements import Place
from production.trials import place_of


def as_before(before: Schedule | None, *, at: datetime) -> list[Place]:
    """The published plan, but what the version after `before` moved is where it was, also if repairs have moved it on since.

    What was to start before `at` stays where it is now. Empty where there was no plan before.
    """
    after = Schedule.objects.filter(version__gt=before.version if before else 0).order_by("version").first()
    if before is None or after is None:
        return []
    was, became = _places(Slot.objects.of(before)), _places(Slot.objects.of(after))
    back = {key: place for key, place in was.items() if place != became.get(key) and place.starts_at >= at}
    return [back.get(key, place) for key, place in _places(Slot.objects.published()).items()]


def _places(slots: SlotQuerySet) -> dict[int, Place]:
    return {slot.operation_id: place_of(slot) for slot in slots}
