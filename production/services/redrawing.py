"""A new revision of an item's drawing: another item, made and inspected like the one before until somebody changes the drafts."""

from datetime import datetime

from django.db import transaction

from inventory.models import Item, ItemUnit
from mes.core.models import User
from mes.core.refusals import InvalidInput
from mes.core.regulated import reason_kept
from production.models import ProcessPlan
from production.services.plans import INSPECTED_BY, copied_plan
from quality import services as quality
from quality.models import InspectionPlan


class DrawingRevisionTaken(InvalidInput):
    code = "production.drawing_revision_taken"
    title = "There is an item of this revision"


@transaction.atomic
def revise_drawing(
    plan: ProcessPlan, revision: str, *, reason: str = "", by: User, at: datetime
) -> ProcessPlan:
    """Make another revision of the item that a plan makes, with all that goes with it as drafts: its inspection plans in force and this plan.

    The item before it stays as it is, with its stock, its orders and the plans in force. The new one has no GTIN: whether it is sold
    under the same one, whoever sells it knows.

    :param revision: of the drawing.
    :param reason: what is different on it; the history keeps it.
    :returns: the draft of the new item's process plan.
    :raises InvalidInput: when no revision is named.
    :raises DrawingRevisionTaken: when there is such an item.
    :raises ChangeReasonMissing: without a reason, where the item is regulated.
    :raises RevisionExists: from quality, when an inspection plan bears the code already.
    """
    former = Item.objects.get(pk=plan.item_id)
    _require_free(former, revision.strip())
    with reason_kept(plan, reason):
        item = _copied(former, revision.strip())
        drafts = quality.copy_inspection_plans(former, item, by=by, at=at)
        return copied_plan(plan, item.pk, "A", inspected_by=_in_place_of(plan, drafts))


def _require_free(former: Item, revision: str) -> None:
    if not revision:
        sentence = "Say which revision of the drawing it is"
        raise InvalidInput(f"{sentence}.", errors={"revision": [sentence]})
    taken = Item.objects.filter(number=former.number, revision=revision).first()
    if taken is not None:
        raise DrawingRevisionTaken(
            f"There is an item {taken} already.",
            remedy="Plan how that is made, or choose another revision.",
            errors={"revision": ["There is an item of this revision."]},
            see=[taken],
        )


def _copied(former: Item, revision: str) -> Item:
    values = {field.attname: getattr(former, field.attname) for field in Item._meta.concrete_fields}
    item = Item.objects.create(**values | {"id": None, "revision": revision, "gtin": "", "is_active": True})
    ItemUnit.objects.bulk_create(
        ItemUnit(item=item, uom=each.uom, quantity=each.quantity)
        for each in former.other_units.order_by("pk")
    )
    return item


def _in_place_of(plan: ProcessPlan, drafts: dict[str, InspectionPlan]) -> dict[int, int]:
    """Keys of the drafts by those of the inspection plans that the steps name, which may be older revisions of the ones in force."""
    named = {key for row in plan.steps.values_list(*INSPECTED_BY) for key in row if key is not None}
    codes = InspectionPlan.objects.filter(pk__in=named).values_list("pk", "code")
    return {key: drafts[code].pk for key, code in codes if code in drafts}
