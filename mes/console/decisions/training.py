"""Whose qualification lapses, and what nobody has read yet."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from mes.console.decisions.decision import Action, Decision
from production.models import (
    Batch,
    InstructionVersion,
    Operation,
    ProductionOrder,
    Qualification,
    Specification,
    Step,
)

SOON = timedelta(days=14)


def qualifications_lapsing(at: datetime) -> Iterator[Decision]:
    """One entry for each qualification that a step asks for and that lapses soon, or did within as many days."""
    today = timezone.localdate(at)
    asked = Step.objects.exclude(required_qualification="").values("required_qualification")
    longer = (
        Qualification.objects.filter(
            Q(expires_on__gt=today + SOON) | Q(expires_on__isnull=True), code=OuterRef("code")
        )
        .order_by()
        .values("code")
        .annotate(holders=Count("operator", distinct=True))
    )
    rows: Any = Qualification.objects.filter(
        code__in=asked,
        expires_on__range=(today - SOON, today + SOON),
        operator__user__is_active=True,
    ).annotate(others=Coalesce(Subquery(longer.values("holders")), 0))
    for row in rows.select_related("operator__user").order_by("expires_on", "pk"):
        name = row.operator.user.get_full_name() or str(row.operator.user)
        url = reverse("admin:production_operator_change", args=[row.operator_id])
        is_over = row.expires_on < today
        yield Decision(
            level="late" if is_over else "risk",
            status="Training",
            what=f"{name}’s qualification {row.code} {'lapsed' if is_over else 'lapses'} on {row.expires_on:%d %b}",
            why=f"{_others(row.others)} for longer; steps that ask for it start without {name} only.",
            url=url,
            cost=42 if is_over or row.others == 0 else 24,
            actions=(Action("Renew", url, is_main=True, permission="production.change_operator"),),
        )


def qualifications_unheld(at: datetime) -> Iterator[Decision]:
    """One entry for each qualification that work to be done asks for, by its plan or a customer, and that nobody holds today."""
    today = timezone.localdate(at)
    work = Operation.objects.unfinished().filter(batch__in=Batch.objects.open())
    by_plan = work.exclude(step__required_qualification="").order_by()
    asked: Counter[str] = Counter(
        dict(by_plan.values_list("step__required_qualification").annotate(count=Count("pk")))
    )
    by_customer = Specification.objects.filter(order__in=ProductionOrder.objects.open()).exclude(
        qualification=""
    )
    asked.update(
        dict(
            by_customer.order_by().values_list("qualification").annotate(count=Count("order", distinct=True))
        )
    )
    held = set(
        Qualification.objects.valid(today)
        .filter(code__in=list(asked), operator__user__is_active=True)
        .values_list("code", flat=True)
    )
    url = reverse("admin:production_operator_changelist")
    for code, count in sorted(asked.items()):
        if code not in held:
            yield Decision(
                level="late",
                status="Training",
                what=f"Nobody holds {code}",
                why=f"{count} operation{'s' if count != 1 else ''} to come cannot start without. Train somebody and enter it on the page of an operator.",
                url=url,
                cost=46,
                actions=(Action("Operators", url, is_main=True, permission="production.change_operator"),),
            )


def _others(count: int) -> str:
    if count == 0:
        return "Nobody else holds it"
    return "One other person holds it" if count == 1 else f"{count} others hold it"


def unread_instructions() -> Iterator[Decision]:
    """Versions in force that must be read and that nobody has read yet."""
    waiting = InstructionVersion.objects.filter(
        status=InstructionVersion.Status.APPROVED, must_be_read=True, effective_until=None
    ).exclude(acknowledgements__isnull=False)
    for version in waiting.select_related("instruction").order_by("effective_from", "pk"):
        url = reverse("admin:production_instructionversion_change", args=[version.pk])
        yield Decision(
            level="risk",
            status="Training",
            what=f"Nobody has read {version.instruction}, revision {version.revision}",
            why="Its steps cannot be started by whoever has not read and understood it.",
            url=url,
            cost=26,
            actions=(Action("Read it", url, is_main=True),),
        )
