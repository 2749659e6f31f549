"""The console of what people expect and agree on."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from forecasting import services
from forecasting.models import Consensus, Contribution
from inventory.quantities import plain
from mes.core.console import ConsoleAdmin, service_action
from mes.core.models import User


@admin.register(Contribution)
class ContributionAdmin(ConsoleAdmin):
    """What one person expects; said again for the same days, the later number counts."""

    list_display = ["item", "first_date", "last_date", "quantity", "department", "owner", "reason", "made_at"]
    list_filter = ["department", "owner", ("first_date", RangeDateFilter), "item__site", "item__family"]
    list_filter_submit = True
    list_select_related = ["item", "owner"]
    search_fields = ["item__number", "item__description", "reason"]
    autocomplete_fields = ["item"]
    ordering = ["-made_at", "-pk"]
    fields = ["item", ("first_date", "last_date"), ("quantity", "department"), "reason"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Contribution, form: Any, change: Any) -> None:
        made = services.contribute(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk = made.pk


@admin.register(Consensus)
class ConsensusAdmin(ConsoleAdmin):
    """The agreed number beside what the statistics and each department said. Agreeing anew on the same days replaces it."""

    list_display = [
        "item",
        "first_date",
        "last_date",
        "quantity",
        "shown_statistical",
        "reason",
        "agreed_by",
        "is_active",
    ]
    list_filter = ["is_active", "agreed_by", ("first_date", RangeDateFilter), "item__site", "item__family"]
    list_filter_submit = True
    list_select_related = ["item", "agreed_by"]
    search_fields = ["item__number", "item__description", "reason"]
    autocomplete_fields = ["item"]
    ordering = ["-is_active", "first_date", "pk"]
    fields = ["item", ("first_date", "last_date"), "quantity", "reason"]
    readonly_fields = ["side_by_side"]
    actions = [
        service_action(
            "End", services.end_consensus, when=lambda agreed: agreed.is_active, icon="stop_circle",
            permission="forecasting.agree_consensus",
        )
    ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fields, "side_by_side", ("agreed_by", "agreed_at", "is_active")] if obj else self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("forecasting.agree_consensus")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Consensus, form: Any, change: Any) -> None:
        made = services.agree(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk = made.pk

    @display(description="Statistical")
    def shown_statistical(self, row: Consensus) -> str:
        return "–" if row.statistical is None else f"{row.statistical:,.0f}"

    @display(description="Side by side")
    def side_by_side(self, row: Consensus) -> SafeString:
        said = Contribution.objects.counting().filter(
            item=row.item, first_date__lte=row.last_date, last_date__gte=row.first_date
        )
        lines = [("Statistics", self.shown_statistical(row), "")]
        lines += [
            (
                f"{each.get_department_display()} ({each.owner})",
                plain(each.quantity),
                f"{each.first_date}–{each.last_date} {each.reason}",
            )
            for each in said.select_related("owner").order_by("department", "pk")
        ]
        lines.append(("Agreed", plain(row.quantity), row.reason))
        return format_html_join("", "<div>{}: <b>{}</b> {}</div>", lines)
