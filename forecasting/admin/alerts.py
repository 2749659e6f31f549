"""The console of forecasts that reality does not follow."""

from django import forms
from django.contrib import admin
from django.db.models import Case, When
from unfold.decorators import display

from forecasting import services
from forecasting.admin.colours import STATUS_COLOURS
from forecasting.models import ForecastAlert
from mes.core.console import ReadOnlyAdmin, ServiceForm, service_action


class SeenForm(ServiceForm):
    note = forms.CharField(max_length=200, required=False, help_text="What is done about it.")


@admin.register(ForecastAlert)
class ForecastAlertAdmin(ReadOnlyAdmin):
    list_display = ["item", "shown_kind", "shown_status", "why", "shown_factor", "raised_at", "seen_by"]
    list_filter = ["status", "kind", "item__site", "item__family"]
    list_select_related = ["item", "seen_by"]
    search_fields = ["item__number", "item__description", "why"]
    ordering = [
        Case(When(status="open", then=0), When(status="seen", then=1), default=2),
        "-raised_at",
        "-pk",
    ]
    fields = [
        ("item", "shown_kind", "shown_status"),
        "why",
        ("value", "limit"),
        ("factor", "first_date", "last_date"),
        ("raised_at", "run", "passed_at"),
        ("seen_by", "seen_at", "note"),
    ]
    readonly_fields = ["shown_kind", "shown_status"]
    actions = [
        service_action(
            "Seen…",
            services.see_alert,
            form=SeenForm,
            permission="forecasting.change_forecastalert",
            when=lambda alert: alert.status == ForecastAlert.Status.OPEN,
            icon="visibility",
            description="You look after it; it passes by itself when the forecast follows again.",
            on_rows=True,
        )
    ]

    @display(description="Kind", ordering="kind")
    def shown_kind(self, alert: ForecastAlert) -> str:
        return alert.get_kind_display()

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, alert: ForecastAlert) -> str:
        return alert.get_status_display()

    @display(description="Adjusted", ordering="factor")
    def shown_factor(self, alert: ForecastAlert) -> str:
        return "–" if alert.factor is None else f"{alert.factor - 1:+.0%}"
