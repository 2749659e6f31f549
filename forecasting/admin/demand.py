"""The console of what was asked for."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from forecasting import services
from forecasting.models import DemandHistory
from inventory.quantities import plain
from mes.core.console import ConsoleAdmin, ServiceForm, service_action, shown_moment
from mes.core.models import User

_MOST_VERSIONS = 50


class CorrectForm(ServiceForm):
    quantity = forms.DecimalField(max_digits=16, decimal_places=4)
    is_censored = forms.BooleanField(required=False, label="Out of stock that day")
    reason = forms.CharField(max_length=200, help_text="It stays with the number, and so does the old one.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            statement = cast("DemandHistory", self.objects[0])
            self.fields["quantity"].initial = statement.quantity
            self.fields["is_censored"].initial = statement.is_censored


@admin.register(DemandHistory)
class DemandHistoryAdmin(ConsoleAdmin):
    """A day is stated anew by correcting it or by adding it once more; no statement is changed or deleted."""

    list_display = [
        "item",
        "date",
        "shown_quantity",
        "source",
        "customer_group",
        "channel",
        "location",
        "is_censored",
    ]
    list_filter = [
        "source",
        "is_return",
        "is_censored",
        ("date", RangeDateFilter),
        "item__site",
        "item__family",
        "customer_group",
        "channel",
    ]
    list_filter_submit = True
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    autocomplete_fields = ["item"]
    ordering = ["-date", "-pk"]
    fields = [
        "item",
        "date",
        ("quantity", "is_return"),
        "is_censored",
        ("customer_group", "channel", "location"),
    ]
    readonly_fields = ["statements"]
    actions = [
        service_action(
            "Correct…",
            services.correct_demand,
            form=CorrectForm,
            permission="forecasting.add_demandhistory",
            when=lambda statement: statement.is_standing,
            icon="edit",
            description="States the day anew; the number that stood stays readable.",
            on_rows=True,
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DemandHistory]:
        """The list shows what counts; a statement that was replaced still has its page."""
        found: QuerySet[DemandHistory] = super().get_queryset(request)
        if (
            request.resolver_match
            and request.resolver_match.url_name == "forecasting_demandhistory_changelist"
        ):
            return found.filter(is_standing=True)
        return found

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fields, "statements"] if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: DemandHistory, form: Any, change: Any) -> None:
        point = services.DemandPoint(**form.cleaned_data)
        services.import_demand([point], by=cast("User", request.user), at=timezone.now())
        same = {
            name: getattr(obj, name)
            for name in ("date", "is_return", "customer_group", "channel", "location")
        }
        obj.pk = DemandHistory.objects.standing().get(item=obj.item, source=obj.source, **same).pk

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, row: DemandHistory) -> str:
        return f"{'−' if row.is_return else ''}{plain(row.quantity)} {row.item.unit}"

    @display(description="Statements of this day")
    def statements(self, row: DemandHistory) -> SafeString:
        """All that was said of this day by this source, the newest first."""
        same = DemandHistory.objects.filter(
            item=row.item,
            date=row.date,
            source=row.source,
            is_return=row.is_return,
            customer_group=row.customer_group,
            channel=row.channel,
            location=row.location,
        )
        return format_html_join(
            "",
            "<div>{}: {} {}{}</div>",
            (
                (
                    shown_moment(each.recorded_at),
                    f"{plain(each.quantity)} {row.item.unit}",
                    f"by {each.by} " if each.by else "",
                    f"({each.reason})" if each.reason else "",
                )
                for each in same.select_related("by").order_by("-pk")[:_MOST_VERSIONS]
            ),
        )
