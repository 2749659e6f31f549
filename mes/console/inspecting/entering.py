"""Entering results one by one: what was typed is recorded, or stands there still with the reason why not."""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from inventory.colours import lot_chip
from inventory.models import Lot
from mes.console.pages import Told, acting, deed, draw, page, person
from mes.core.links import address_of, link_to, told_with_links
from mes.core.permissions import RightMissing
from mes.core.problems import anticipated
from mes.core.refusals import DomainError
from quality import services
from quality.colours import INSPECTION_LEVELS
from quality.entry import Place, Work, work_on
from quality.models import Characteristic, Gauge, Inspection, Measurement, Nonconformance

ADD_MEASUREMENT = "quality.add_measurement"
TYPED = ("value", "uom", "gauge", "identity", "note", "is_real")


@page("quality.view_inspection")
def inspect(request: HttpRequest, pk: int) -> HttpResponse:
    """The next result of an inspection, large, with all that is known of the lot beside it."""
    inspection = _inspection(pk)
    work = work_on(
        inspection,
        piece=_whole(request.GET.get("piece")),
        characteristic=_whole(request.GET.get("characteristic")),
        reader=person(request).pk,
        at=timezone.now(),
    )
    return _draw(request, work)


def _enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what was typed and go on to the next; refused, the same page with what was typed and why."""
    if not request.user.has_perm(ADD_MEASUREMENT):
        raise RightMissing(ADD_MEASUREMENT)
    inspection, by = _inspection(pk), person(request)
    characteristic = get_object_or_404(
        inspection.plan.characteristics, pk=_whole(request.POST.get("characteristic")) or 0
    )
    piece = _whole(request.POST.get("piece")) or 1
    typed = {name: request.POST.get(name, "").strip() for name in TYPED}
    try:
        with transaction.atomic():
            measurement = services.record_measurement(
                inspection,
                characteristic,
                piece=piece,
                **_result(characteristic, typed["value"]),
                uom=typed["uom"] if typed["uom"] != characteristic.uom else "",
                is_real=bool(typed["is_real"]),
                identity=typed["identity"],
                gauge=Gauge.objects.filter(pk=_whole(typed["gauge"]) or 0).first(),
                note=typed["note"][:200],
                by=by,
                at=timezone.now(),
            )
    except DomainError as refusal:
        work = work_on(
            _inspection(pk), piece=piece, characteristic=characteristic.pk, reader=by.pk, at=timezone.now()
        )
        if work.place == Place(characteristic, piece):
            response = _draw(request, work, typed=typed, refusal=refusal)
        else:
            # Somebody entered it meanwhile, or the inspection is over: what was typed must not stand in the next field.
            response = _draw(request, work, lost=_lost(characteristic, piece, typed["value"], refusal))
        response.status_code = 422
        return response
    _tell(request, inspection, measurement)
    onward = {"piece": piece} if inspection.status == Inspection.Status.OPEN else {}
    return HttpResponseRedirect(f"{reverse('console:inspect', args=[pk])}?{urlencode(onward)}")


enter = admin.site.admin_view(require_POST(_enter))


@deed(ADD_MEASUREMENT)
def rest_conforms(request: HttpRequest, pk: int) -> Told:
    """Every piece that was not judged yet conforms in one characteristic; for what is seen at a glance."""
    inspection = _inspection(pk)
    characteristic = get_object_or_404(
        inspection.plan.characteristics, pk=_whole(request.POST.get("characteristic")) or 0
    )
    passed = services.pass_rest(inspection, characteristic, **acting(request))
    return _seen(inspection, f"{len(passed)} pieces conform in {characteristic}.")


@deed(ADD_MEASUREMENT)
def confirm(request: HttpRequest, pk: int) -> Told:
    """A second person found the same."""
    measurement = get_object_or_404(
        Measurement.objects.select_related(
            "inspection__plan__sampling",
            "inspection__lot__item__site",
            "inspection__source",
            "characteristic",
        ),
        pk=pk,
    )
    services.confirm_measurement(measurement, **acting(request))
    return _seen(measurement.inspection, f"{measurement} is confirmed.")


@deed("quality.change_inspection")
def conclude(request: HttpRequest, pk: int) -> Told:
    """The verdict is certain: no need to look at the rest."""
    inspection = _inspection(pk)
    services.conclude_inspection(inspection, **acting(request))
    return _seen(inspection)


def _seen(inspection: Inspection, what: str = "") -> Told:
    """What was done and what came of it for the inspection, on its page."""
    return Told(
        f"{what} {_verdict(inspection)}".strip(),
        reverse("console:inspect", args=[inspection.pk]),
        is_bad=inspection.status == Inspection.Status.FAILED,
    )


def _inspection(pk: int) -> Inspection:
    found = Inspection.objects.select_related(
        "plan__item", "plan__sampling", "lot__item__site", "source__item", "source__supplier"
    )
    return get_object_or_404(found.prefetch_related("tightenings"), pk=pk)


def _draw(
    request: HttpRequest,
    work: Work,
    *,
    typed: dict[str, str] | None = None,
    refusal: DomainError | None = None,
    lost: str = "",
) -> HttpResponse:
    inspection = work.inspection
    is_open = inspection.status == Inspection.Status.OPEN
    shut = services.why_shut(inspection) if is_open else None
    takes_results = is_open and shut is None
    following = (
        Inspection.objects.open().filter(lot__item__site=inspection.lot.item.site).exclude(pk=inspection.pk)
    )
    return draw(
        request,
        "console/inspect.html",
        f"Inspect {inspection.plan.item}",
        work=work,
        inspection=inspection,
        shut=told_with_links(anticipated(shut)) if shut is not None else "",
        may_measure=takes_results and request.user.has_perm(ADD_MEASUREMENT),
        may_conclude=takes_results
        and work.standing.verdict in {"accept", "reject"}
        and request.user.has_perm("quality.change_inspection"),
        level=INSPECTION_LEVELS[Inspection.Status(inspection.status)],
        lot=link_to(inspection.lot),
        lot_chip=lot_chip(inspection.lot),
        item=link_to(inspection.plan.item),
        may_go_on=_may_go_on(inspection) if inspection.status == Inspection.Status.PASSED else "",
        found=Nonconformance.objects.filter(inspection=inspection).first(),
        as_table=address_of(inspection),
        following=None if is_open else following.oldest_first().first(),
        typed=typed or {},
        chosen=(_whole(typed["gauge"]) if typed else None) or work.gauge,
        refusal=refusal,
        lost=lost,
        asks_whether_real=refusal is not None and refusal.code == services.Implausible.code,
    )


def _tell(request: HttpRequest, inspection: Inspection, measurement: Measurement) -> None:
    if inspection.status == Inspection.Status.FAILED:
        messages.error(request, _verdict(inspection))
    elif inspection.status != Inspection.Status.OPEN:
        messages.success(request, _verdict(inspection))
    elif not measurement.conforms:
        messages.warning(request, f"{measurement}: recorded, does not conform.")


def _lost(characteristic: Characteristic, piece: int, typed: str, refusal: DomainError) -> str:
    """What became of a result whose place is not there any more."""
    what = {"yes": "conforms", "no": "does not conform"}.get(typed, typed)
    return f"Your result for {characteristic}, piece {piece} ({what}) was not recorded. {refusal}"


def _verdict(inspection: Inspection) -> str:
    if inspection.status == Inspection.Status.PASSED:
        return f"The inspection passed: {_may_go_on(inspection)}"
    if inspection.status == Inspection.Status.FAILED:
        return f"The inspection failed: lot {inspection.lot} is held by {inspection.nonconformance}."
    return ""


def _may_go_on(inspection: Inspection) -> str:
    """What a passed inspection means for its lot, which something else may hold."""
    lot = inspection.lot
    if not Lot.objects.filter(pk=lot.pk, status=Lot.Status.HELD).exists():
        return f"lot {lot} may go on."
    holding = Nonconformance.objects.undecided().filter(lot=lot).order_by("pk").first()
    return f"lot {lot} is held all the same{f' by {holding}' if holding else ''}."


def _result(characteristic: Characteristic, typed: str) -> dict[str, Any]:
    """What was typed as the service takes it; a decimal comma is one too."""
    if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        return {"conforms": {"yes": True, "no": False}.get(typed)}
    if not typed:
        return {}
    try:
        return {"value": Decimal(typed.replace(",", "."))}
    except InvalidOperation as error:
        raise services.InvalidMeasurement(
            f"“{typed}” is not a number.", errors={"value": ["not a number"]}
        ) from error


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
