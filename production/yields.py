"""What the batches of an item came to: how much was planned, what was good of it, what inspections said, when it was there."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Item
from production.models import Batch, Slot
from quality.models import Inspection


@dataclass(frozen=True)
class BatchYield:
    """One batch; quantities in the item's unit.

    `passed` and `failed` count the inspections of its lot, `waiting` those that are open. `done_at` is when it was done or, of one that
    is not, when the published schedule has it done, else when it is due.
    """

    batch: Batch
    planned: float
    good: float
    scrap: float
    passed: int
    failed: int
    waiting: int
    done_at: datetime

    @property
    def is_done(self) -> bool:
        return bool(self.batch.status == Batch.Status.DONE)

    @property
    def yield_percent(self) -> float | None:
        """What was good of what was planned; None until it is done."""
        return 100 * self.good / self.planned if self.is_done else None

    @property
    def late_days(self) -> float:
        """How long after its day it was, or will be, there; negative when early."""
        return (self.done_at - self.batch.order.due_at) / timedelta(days=1)

    @property
    def early_days(self) -> float:
        return -self.late_days


def newest_batches(item: Item, *, count: int) -> list[BatchYield]:
    """The batches of an item that came last or are to come, the newest first; in two queries. Rework makes none."""
    ends = Slot.objects.published().filter(operation__batch=OuterRef("pk")).order_by("-ends_at")
    rows: list[Any] = list(
        Batch.objects.making()
        .filter(order__item=item)
        .exclude(status__in=[Batch.Status.CANCELLED, Batch.Status.TENTATIVE])
        .annotate(ends=Coalesce("finished_at", Subquery(ends.values("ends_at")[:1]), "order__due_at"))
        .select_related("order", "lot")
        .order_by("-ends", "-pk")[:count]
    )
    verdicts: Counter[tuple[int, str]] = Counter(
        Inspection.objects.filter(lot__in=[row.lot_id for row in rows if row.lot_id])
        .order_by()
        .values_list("lot", "status")
    )
    return [
        BatchYield(
            batch=row,
            planned=float(row.quantity),
            good=float(row.good_quantity),
            scrap=float(row.scrap_quantity),
            passed=verdicts[row.lot_id, Inspection.Status.PASSED],
            failed=verdicts[row.lot_id, Inspection.Status.FAILED],
            waiting=verdicts[row.lot_id, Inspection.Status.OPEN],
            done_at=row.ends,
        )
        for row in rows
    ]
