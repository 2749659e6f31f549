"""What a planner should know of demand today: forecasts that reality does not follow, unusual days that nobody has explained."""

from collections.abc import Iterator

from django.urls import reverse

from forecasting.models import DemandEvent, ForecastAlert
from mes.console.decisions.decision import Action, Decision

ALERT_COST = {
    ForecastAlert.Kind.OUT_OF_BAND: 38.0,
    ForecastAlert.Kind.DRIFT: 30.0,
    ForecastAlert.Kind.BIAS: 28.0,
}
UNUSUAL_COST = 20.0


def forecast_alerts() -> Iterator[Decision]:
    """Open alerts, the newest of each kind first."""
    rows = ForecastAlert.objects.filter(status=ForecastAlert.Status.OPEN).select_related("item")
    for alert in sorted(
        rows.order_by("-raised_at", "-pk")[:50], key=lambda row: -ALERT_COST[ForecastAlert.Kind(row.kind)]
    ):
        page = reverse("admin:forecasting_forecastalert_change", args=[alert.pk])
        yield Decision(
            level="risk",
            status=alert.get_kind_display(),
            what=f"{alert.item} {alert.item.description}: the forecast does not follow",
            why=alert.why,
            url=page,
            cost=ALERT_COST[ForecastAlert.Kind(alert.kind)],
            actions=(
                Action("Item", reverse("console:item", args=[alert.item_id]), is_main=True),
                Action("Alert", page),
            ),
        )


def unusual_days() -> Iterator[Decision]:
    """Days that were found unusual and wait for somebody to say whether they were ordinary."""
    rows = DemandEvent.objects.proposed().select_related("item", "site").order_by("-first_date", "pk")
    for event in rows:
        page = reverse("admin:forecasting_demandevent_change", args=[event.pk])
        yield Decision(
            level="planned",
            status="Unusual demand",
            what=f"{event.scope}: was {event.first_date:%a %d %b} ordinary?",
            why=event.why,
            url=page,
            cost=UNUSUAL_COST,
            actions=(Action("Confirm or dismiss", page, is_main=True),),
        )
