"""The console of how good forecasts were, and whose number was better."""

from django.contrib import admin
from django.db.models import F
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from forecasting.models import ForecastAccuracy
from mes.core.console import ReadOnlyAdmin


def _share(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.0%}" if signed else f"{value:.0%}"


def _both(error: float | None, bias: float | None) -> str:
    return "–" if error is None else f"{_share(error)} ({_share(bias, signed=True)})"


@admin.register(ForecastAccuracy)
class ForecastAccuracyAdmin(ReadOnlyAdmin):
    """Error and bias of each number side by side, what people's numbers cost most at the top."""

    list_display = [
        "shown_item",
        "shown_owner",
        "shown_horizon",
        "weeks",
        "shown_naive",
        "shown_statistical",
        "shown_override",
        "shown_consensus",
        "shown_final",
        "shown_added",
    ]
    list_filter = ["owner", "first_week", "item__site", "item__family"]
    list_select_related = ["item", "owner"]
    search_fields = ["item__number", "item__description"]
    ordering = [F("added").asc(nulls_last=True), F("error").desc(nulls_last=True), "pk"]
    fields = [
        "item",
        "owner",
        "shown_horizon",
        ("weeks", "actual"),
        "shown_naive",
        "shown_statistical",
        "shown_override",
        "shown_consensus",
        "shown_final",
        "shown_added",
        ("run", "measured_at"),
    ]
    readonly_fields = [
        "shown_horizon",
        "shown_naive",
        "shown_statistical",
        "shown_override",
        "shown_consensus",
        "shown_final",
        "shown_added",
    ]

    @display(description="Item", ordering="item__number")
    def shown_item(self, row: ForecastAccuracy) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.item)

    @display(description="Whose number", ordering="owner__username")
    def shown_owner(self, row: ForecastAccuracy) -> str:
        return str(row.owner) if row.owner else "all"

    @display(description="Ahead", ordering="first_week")
    def shown_horizon(self, row: ForecastAccuracy) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.horizon)

    @display(description="Naive", ordering="naive_error")
    def shown_naive(self, row: ForecastAccuracy) -> str:
        return _share(row.naive_error)

    @display(description="Statistical (bias)", ordering="error")
    def shown_statistical(self, row: ForecastAccuracy) -> str:
        return _both(row.error, row.bias)

    @display(description="Own number (bias)", ordering="override_error")
    def shown_override(self, row: ForecastAccuracy) -> str:
        return _both(row.override_error, row.override_bias)

    @display(description="Agreed (bias)", ordering="consensus_error")
    def shown_consensus(self, row: ForecastAccuracy) -> str:
        return _both(row.consensus_error, row.consensus_bias)

    @display(description="Counted (bias)", ordering="final_error")
    def shown_final(self, row: ForecastAccuracy) -> str:
        return _both(row.final_error, row.final_bias)

    @display(description="People added", ordering="added", label={"better": "success", "worse": "danger"})
    def shown_added(self, row: ForecastAccuracy) -> tuple[str, str]:
        """Points of error that people's numbers took away."""
        if row.added is None:
            return "", "–"
        word = "better" if row.added > 0 else "worse" if row.added < 0 else ""
        return word, f"{100 * row.added:+.0f} points"
