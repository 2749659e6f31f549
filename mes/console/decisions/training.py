"""Whose qualification lapses, and what nobody has read yet."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from inventory.models.days import day_after, day_at
from mes.console.decisions.decision import Action, Decision
from production.models import (
    Batch,
    InstructionVersion,
    Operation,
    Qualification,
    Specification,
    Step,
)
from production.models.people import HOLDER_ZONE

SOON = timedelta(days=14)


def qualifications_lapsing(at: datetime) -> Iterator[Decision]:
    """One entry for each qualification that a step asks for and that lapses soon, or did within as many days where its holder works."""
    before, later = (day_after(at, HOLDER_ZONE, days) for days in (-SOON.days, SOON.days))
    asked = Step.objects.exclude(required_qualification="").values("required_qualification")
    longer = (
        Qualification.objects.filter(
            Q(expires_on__gt=later) | Q(expires_on__isnull=True), code=OuterRef("code")
        )
        .order_by()
        .values("code")
        .annotate(holders=Count("operator", distinct=True))
    )
    rows: Any = Qualification.objects.filter(
        code__in=asked,
        expires_on__range=(before, later),
        operator__user__is_active=True,
    ).annotate(others=Coalesce(Subquery(longer.values("holders")), 0))
    for row in rows.select_related("operator__user", "operator__site").order_by("expires_on", "pk"):
        name = row.operator.user.get_full_name() or str(row.operator.user)
        url = reverse("admin:production_operator_change", args=[row.operator_id])
        is_over = row.expires_on < at.astimezone(row.operator.site.zone).date()
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
    asked = _operations_asking()
    if not asked:
        return
    held = set(
        Qualification.objects.valid(day_at(at, HOLDER_ZONE))
        .filter(code__in=list(asked), operator__user__is_active=True)
        .values_list("code", flat=True)
    )
    url = reverse("admin:production_operator_changelist")
    for code, operations in sorted(asked.items()):
        if code not in held:
            count = len(operations)
            yield Decision(
                level="late",
                status="Training",
                what=f"Nobody holds {code}",
                why=f"{count} operation{'s' if count != 1 else ''} to come cannot start without. Train somebody and enter it on the page of an operator.",
                url=url,
                cost=46,
                actions=(Action("Operators", url, is_main=True, permission="production.change_operator"),),
            )


def _operations_asking() -> dict[str, set[int]]:
    """By qualification, the operations to come that ask for it, each once whether its plan asks, a customer, or several."""
    work = Operation.objects.unfinished().filter(batch__in=Batch.objects.open()).order_by()
    by_plan = work.exclude(step__required_qualification="").values_list("step__required_qualification", "pk")
    by_customer = (
        Specification.objects.exclude(qualification="")
        .filter(order=OuterRef("batch__order"), step=OuterRef("step"))
        .order_by()
        .values("order")
        .annotate(codes=ArrayAgg("qualification"))
    )
    asked = work.annotate(codes=Subquery(by_customer.values("codes"))).exclude(codes=None)
    found: dict[str, set[int]] = defaultdict(set)
    for code, operation in by_plan:
        found[code].add(operation)
    for codes, operation in asked.values_list("codes", "pk"):
        for code in codes:
            found[code].add(operation)
    return found


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
