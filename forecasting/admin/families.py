"""The console of forecasts by family and plant."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from forecasting import services
from forecasting.models import FamilyForecast, ForecastRun
from forecasting.planned_families import Change, changes_for
from inventory.models import unit_of
from mes.core.console import ReadOnlyAdmin, ServiceForm, service_action


class FamilyNumberForm(ServiceForm):
    first_date = forms.DateField()
    last_date = forms.DateField()
    quantity = forms.DecimalField(
        max_digits=16,
        decimal_places=4,
        min_value=0,
        help_text="For all its items over the whole stretch. Numbers that items have of their own stay; the rest is shared out over the "
        "others as they are forecast.",
    )
    reason = forms.CharField(max_length=200, help_text="Whoever measures forecasts later reads it.")


@admin.register(FamilyForecast)
class FamilyForecastAdmin(ReadOnlyAdmin):
    """The sums of the newest run: plants first, then their families."""

    list_display = [
        "shown_name",
        "level",
        "items",
        "next_week",
        "next_weeks",
        "horizon",
        "shown_value",
        "shown_correlation",
    ]
    list_filter = ["level", "site", "family", "uom"]
    list_select_related = ["site", "run"]
    search_fields = ["family", "site__name"]
    ordering = ["-level", "site__name", "family", "uom", "pk"]
    fields = ["shown_name", ("items", "shown_correlation"), ("horizon", "shown_value"), "by_week", "run"]
    actions = [
        service_action(
            "State a number…",
            services.override_family,
            form=FamilyNumberForm,
            permission="forecasting.add_familyoverride",
            icon="edit_note",
        )
    ]
    readonly_fields = ["shown_name", "horizon", "shown_value", "shown_correlation", "by_week"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FamilyForecast]:
        found: QuerySet[FamilyForecast] = super().get_queryset(request)
        if (
            request.resolver_match
            and request.resolver_match.url_name == "forecasting_familyforecast_changelist"
        ):
            return found.filter(run=ForecastRun.objects.latest_done())
        return found

    def complete(self, rows: Iterable[Any]) -> None:
        """What people's numbers change."""
        changes = changes_for(rows)
        for row in rows:
            row.change = changes[row.pk]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            self.complete([row])
        return row

    @display(description="Sum of", ordering="family")
    def shown_name(self, row: FamilyForecast) -> str:
        if row.level == FamilyForecast.Level.PLANT:
            return f"All of {row.site}"
        return f"{row.family or 'Without a family'}, {row.site}"

    @display(description="Next week")
    def next_week(self, row: FamilyForecast) -> str:
        return _band(row, row.weeks[0]) if row.weeks else "–"

    @display(description="Next 4 weeks")
    def next_weeks(self, row: FamilyForecast) -> str:
        planned = sum(week["mean"] for week in row.weeks[:4]) + _change(row).units[:4].sum()
        return f"{planned:,.0f} {unit_of(row.uom)}"

    @display(description="Whole horizon", ordering="mean")
    def horizon(self, row: FamilyForecast) -> str:
        change = _change(row)
        planned = f"{row.mean + change.units.sum():,.0f} {unit_of(row.uom)} in {len(row.weeks)} weeks"
        return (
            f"{planned}, {change.units.sum():+,.0f} by people for {change.items}" if change.items else planned
        )

    @display(description="At prices", ordering="value")
    def shown_value(self, row: FamilyForecast) -> str:
        return f"{row.value + _change(row).value.sum():,.0f}"

    @display(description="Items move together", ordering="correlation")
    def shown_correlation(self, row: FamilyForecast) -> str:
        return f"{row.correlation:.0%}" if row.items > 1 else "–"

    @display(description="By week")
    def by_week(self, row: FamilyForecast) -> SafeString:
        rows: list[tuple[Any, ...]] = [
            (
                week["date"],
                _band(row, week),
                f"{week['mean'] + units:,.0f} {unit_of(row.uom)}",
                f"{week['value'] + value:,.0f}",
            )
            for week, units, value in zip(row.weeks, _change(row).units, _change(row).value, strict=True)
        ]
        return format_html(
            '<table><tr><th class="pr-6 text-left">Week from</th><th class="pr-6 text-left">By statistics (nine times in ten)</th>'
            '<th class="pr-6 text-left">With people’s numbers</th><th class="text-right">At prices</th></tr>{}</table>',
            format_html_join(
                "",
                '<tr><td class="pr-6">{}</td><td class="pr-6">{}</td><td class="pr-6">{}</td><td class="text-right">{}</td></tr>',
                rows,
            ),
        )


def _change(row: FamilyForecast) -> Change:
    change: Change = row.change  # type: ignore[attr-defined]  # put there by the page
    return change


def _band(row: FamilyForecast, week: dict[str, Any]) -> str:
    q = week["q"]
    return f"{week['mean']:,.0f} ({q['0.05']:,.0f}–{q['0.95']:,.0f}) {unit_of(row.uom)}"
