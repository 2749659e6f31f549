"""Goods that are to be reworked and whose work nobody has planned yet."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.timesince import timesince

from inventory.renumbering import numbered_before
from mes.console.decisions.decision import Action, Decision, days
from production.models import Batch, Operation
from quality.models import Nonconformance

LOOKED_AT = 40


def reworks_to_plan(at: datetime) -> Iterator[Decision]:
    """Of goods that a batch made, and that its steps could be done of once more."""
    planned = Operation.objects.filter(rework_of=OuterRef("pk")).exclude(status=Operation.Status.CANCELLED)
    waiting = Nonconformance.objects.filter(
        ~Exists(planned),
        status=Nonconformance.Status.DECIDED,
        disposition=Nonconformance.Disposition.REWORK,
    ).select_related("lot__item")
    for each in waiting.order_by("decided_at", "pk")[:LOOKED_AT]:
        made = Batch.objects.making().filter(lot__in=numbered_before(each.lot_id))
        batch = made.filter(status__in=[Batch.Status.RUNNING, Batch.Status.DONE]).order_by("pk").first()
        if batch is None or each.decided_at is None:
            continue
        url = reverse("admin:production_batch_change", args=[batch.pk])
        yield Decision(
            level="held",
            status="To rework",
            what=f"Lot {each.lot} of {each.lot.item} {each.lot.item.description} is to be reworked for {each}",
            why=f"Nobody has said which steps of {batch} are done once more; decided {timesince(each.decided_at, at)} ago. "
            "Reworked by hand, it only has to be closed.",
            url=url,
            cost=45 + min(days(at - each.decided_at), 20),
            actions=(
                Action("Choose the steps", url, is_main=True, permission="production.change_batch"),
                Action("The nonconformance", reverse("admin:quality_nonconformance_change", args=[each.pk])),
            ),
        )
