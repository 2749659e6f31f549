"""Filters that speak of the plant rather than of columns."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from production.models import Operation, ProductionOrder


class _Standing(admin.SimpleListFilter):
    """A filter with a default: what is of no concern any more is shown only to whoever asks for it."""

    default: str
    choices_offered: tuple[tuple[str, str], ...]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_offered)

    def chosen(self) -> str:
        return str(self.value() or self.default)

    def choices(self, changelist: Any) -> Iterator[Any]:
        for key, label in self.choices_offered:
            yield {
                "selected": self.chosen() == key,
                "query_string": changelist.get_query_string({self.parameter_name: key}),
                "display": label,
            }


class OperationStanding(_Standing):
    title = "standing"
    parameter_name = "standing"
    default = "unfinished"
    choices_offered = (
        ("unfinished", "Unfinished"),
        ("ready", "Ready"),
        ("running", "Running"),
        ("blocked", "Blocked by a verdict"),
        ("late", "Of late orders"),
        ("done", "Done"),
        ("all", "All"),
    )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Operation]) -> QuerySet[Operation]:
        kept = {
            "unfinished": Operation.objects.unfinished,
            "ready": Operation.objects.ready,
            "running": Operation.objects.running,
            "blocked": Operation.objects.blocked,
        }.get(self.chosen())
        if kept is not None:
            return queryset.filter(pk__in=kept().values("pk"))
        if self.chosen() == "late":
            late = ProductionOrder.objects.late().values("pk")
            return queryset.filter(pk__in=Operation.objects.unfinished(), batch__order__in=late)
        return queryset.filter(status=Operation.Status.DONE) if self.chosen() == "done" else queryset


class OrderStanding(_Standing):
    title = "standing"
    parameter_name = "standing"
    default = "open"
    choices_offered = (
        ("open", "Open"),
        ("late", "Late"),
        ("unscheduled", "Without a projection"),
        ("closed", "Done or cancelled"),
        ("all", "All"),
    )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_open = ProductionOrder.objects.open().values("pk")
        if self.chosen() == "late":
            return queryset.filter(pk__in=ProductionOrder.objects.late().values("pk"))
        if self.chosen() == "unscheduled":
            return queryset.filter(pk__in=is_open, projected_end__isnull=True)
        if self.chosen() == "closed":
            return queryset.exclude(pk__in=is_open)
        return queryset.filter(pk__in=is_open) if self.chosen() == "open" else queryset
