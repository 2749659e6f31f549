"""The buttons beside decisions: each one service call."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.safestring import SafeString

from forecasting import services as forecasting
from forecasting.models import ExceptionMessage, Replenishment
from forecasting.tasks import forecast_in_background
from mes.console.pages import acting, deed, person
from mes.core import outbox
from mes.core.links import link_to
from mes.core.models import FactDelivery
from mes.core.refusals import InvalidInput
from orders import services as orders
from orders.models import OrderLine
from production import planning
from production import services as production
from production.models import Downtime, ProductionOrder

MOST_RETRIED = 500
MOST_FIRMED = 500
SECONDS_WAITED = 4  # for a plan that somebody waits for; the next one in the background looks longer


@deed("forecasting.change_replenishment")
def firm(request: HttpRequest, pk: int) -> SafeString:
    proposal = get_object_or_404(Replenishment.objects.counting().select_related("item"), pk=pk)
    firmed = forecasting.firm_replenishment(proposal, **acting(request))
    became = firmed.production_order or firmed.expected_receipt
    return format_html("{} is firm: {}.", firmed, link_to(became) if became else "")


@deed("forecasting.change_replenishment")
def dismiss(request: HttpRequest, pk: int) -> str:
    proposal = get_object_or_404(Replenishment.objects.counting().select_related("item"), pk=pk)
    reason = request.POST.get("reason", "")
    forecasting.dismiss_replenishment(proposal, reason=reason, **acting(request))
    return f"{proposal} is dismissed. A proposal like it does not come back until its day has passed."


@deed("forecasting.change_replenishment")
def firm_several(request: HttpRequest) -> str:
    """Those that were ticked, all or none."""
    keys = [int(key) for key in request.POST.getlist("proposal") if key.isdecimal()][:MOST_FIRMED]
    if not keys:
        raise InvalidInput("No proposal was ticked.", remedy="Tick those that are to become orders first.")
    rows = Replenishment.objects.counting().filter(pk__in=keys).select_related("item").most_urgent_first()
    firmed = [forecasting.firm_replenishment(row, **acting(request)) for row in rows]
    return f"{_count(len(firmed), 'proposal')} became orders."


@deed("forecasting.change_exceptionmessage")
def act(request: HttpRequest, pk: int) -> str:
    """Do what a message about an order says."""
    message = get_object_or_404(ExceptionMessage, pk=pk)
    done = forecasting.act_on_message(message, **acting(request))
    return f"{done}: done."


@deed("forecasting.change_exceptionmessage")
def dismiss_message(request: HttpRequest, pk: int) -> str:
    message = get_object_or_404(ExceptionMessage, pk=pk)
    reason = request.POST.get("reason", "")
    forecasting.dismiss_message(message, reason, **acting(request))
    return f"{message} is dismissed. It comes back when the facts change."


@deed("orders.change_orderline")
def cover(request: HttpRequest, pk: int) -> str:
    line = get_object_or_404(OrderLine.objects.select_related("order", "item__site"), pk=pk)
    orders.cover_line(line, **acting(request))
    return f"What {line} lacked is reserved, planned or ordered now."


@deed("production.change_productionorder")
def release(request: HttpRequest, pk: int) -> str:
    order = get_object_or_404(ProductionOrder, pk=pk)
    production.release_order(order, **acting(request))
    return f"{order} is released, with everything below it."


@deed("production.change_downtime")
def end_downtime(request: HttpRequest, pk: int) -> str:
    downtime = get_object_or_404(Downtime.objects.select_related("machine"), pk=pk)
    production.end_downtime(downtime, **acting(request))
    return f"{downtime.machine} runs again."


@deed("production.add_schedule")
def reschedule(request: HttpRequest) -> SafeString:
    plan = planning.reschedule(
        reason=f"Asked for by {person(request)}", **acting(request), seconds=SECONDS_WAITED
    )
    return format_html(
        "{} is published: {}, {} moved, {} late.",
        link_to(plan),
        _count(plan.figures["operations"], "operation"),
        len(plan.moved),
        _count(plan.figures["late_orders"], "order"),
    )


@deed("forecasting.add_forecastrun")
def forecast(request: HttpRequest) -> str:
    run = forecast_in_background(**acting(request))
    return (
        f"{run} has begun. Its progress is shown here; the numbers of the run before stay until it is done."
    )


@deed("core.change_factdelivery")
def retry(request: HttpRequest) -> str:
    parked = list(FactDelivery.objects.parked().order_by("fact_id", "pk")[:MOST_RETRIED])
    for delivery in parked:
        outbox.retry_parked(delivery, **acting(request))
    return (
        f"{len(parked)} {'delivery gets' if len(parked) == 1 else 'deliveries get'} a fresh set of attempts."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
