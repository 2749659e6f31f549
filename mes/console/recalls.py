"""Recalls at the console: where one is opened, and the page of each, from which every step is done.

Every button posts to the page that it is on. What is refused is said there, and what was typed is still in its field.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from inventory.models import Lot, Supplier
from mes.console.pages import PageForm, acting, desk, draw, page, person
from mes.console.recall_steps import ACCOUNTED, STEPS
from mes.console.recall_told import RECALL_LEVELS, Told, lasted, told_of
from mes.core.permissions import RightMissing
from mes.core.problems import ANTICIPATED, anticipated
from mes.core.sheets import download
from mes.core.signing import SigningSession, signatures_of
from orders import services
from orders.fsma import Asked, tracking_sheets
from orders.models import RecallNotice
from orders.recall_file import recall_sheets
from orders.recalled import why_not_measured
from production.models import Machine, ProcessPlan
from quality.models import Gauge, Recall, RecallLot

OVER_SHOWN: Final = 30
LOTS_PER_PAGE: Final = 20
ADD: Final = "quality.add_recall"
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class StartForm(PageForm):
    """What a recall starts from; the basis says which of the fields count."""

    basis = forms.ChoiceField(choices=Recall.Basis.choices, label="Starts from")
    lots = forms.CharField(required=False, label="Lot or serial numbers")
    supplier = forms.ModelChoiceField(
        Supplier.objects.order_by("name"), required=False, empty_label="any supplier"
    )
    supplier_lot = forms.CharField(max_length=60, required=False, label="Supplier's lot")
    machine = forms.ModelChoiceField(Machine.objects.order_by("name", "pk"), required=False, empty_label="–")
    since = forms.DateTimeField(
        required=False, widget=_MOMENT, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    until = forms.DateTimeField(
        required=False, widget=_MOMENT, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    gauge = forms.ModelChoiceField(Gauge.objects.order_by("number"), required=False, empty_label="–")
    plan = forms.ModelChoiceField(
        ProcessPlan.objects.select_related("item").order_by("item__number", "-pk"),
        required=False,
        empty_label="–",
    )
    reason = forms.CharField(label="What is wrong", widget=forms.Textarea(attrs={"rows": 2}))
    is_mock = forms.BooleanField(required=False, label="A drill: nothing is held, the clock runs")

    def clean_lots(self) -> list[Lot]:
        """Numbers, separated by commas or spaces; each must be the number of one lot."""
        found: list[Lot] = []
        for number in filter(None, self.cleaned_data["lots"].replace(",", " ").split()):
            lots = list(Lot.objects.filter(number__iexact=number).select_related("item")[:4])
            if not lots:
                raise forms.ValidationError(f"There is no lot {number}.")
            if len(lots) > 1:
                items = ", ".join(str(lot.item) for lot in lots)
                raise forms.ValidationError(
                    f"{number} is a lot of several items ({items}). Open the recall from the lot's own page."
                )
            found += lots
        if self.data.get("lot", "").isdecimal():  # from the page of a lot, whose number others may have too
            found = list(Lot.objects.filter(pk=int(self.data["lot"])).select_related("item")) or found
        return found


@desk("quality.view_recall")
def recalls(request: HttpRequest) -> HttpResponse:
    """Open recalls, the form that opens another, and those that are over."""
    at = timezone.now()
    form = StartForm(
        initial={"basis": request.GET.get("basis", Recall.Basis.LOT), "lots": request.GET.get("lots", "")}
    )
    if request.method == "POST":
        _require(request, ADD)
        form = StartForm(request.POST)
        if form.is_valid() and (recall := _started(form, request)):
            return HttpResponseRedirect(reverse("console:recall", args=[recall.pk]))
    rows = Recall.objects.with_count().select_related("opened_by").order_by("-pk")
    return draw(
        request,
        "console/recalls.html",
        "Recalls",
        form=form,
        lot=request.POST.get("lot", request.GET.get("lot", "")),
        under_way=[_listed(recall, at) for recall in rows.open()],
        over=[_listed(recall, at) for recall in rows.over()[:OVER_SHOWN]],
        may_start=request.user.has_perm(ADD),
        now=at,
    )


@desk("quality.view_recall")
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """One recall: how far it is, what it affects, whom it concerns, and the buttons of every step."""
    found = get_object_or_404(
        Recall.objects.select_related("opened_by", "held_by", "balanced_by", "closed_by"), pk=pk
    )
    refused: dict[str, Any] = {}
    if request.method == "POST":
        refused = _do(request, found)
        if not refused:
            return HttpResponseRedirect(request.get_full_path())
        found.refresh_from_db()
    at = timezone.now()
    told = told_of(found, at)
    if refused.get("do") in {"account", "acknowledge"}:
        _put_back(told, refused["typed"])
    return draw(
        request,
        "console/recall.html",
        f"{'Mock recall' if found.is_mock else 'Recall'} {found}",
        recall=found,
        now=at,
        rows=Paginator(told.rows, LOTS_PER_PAGE).get_page(request.GET.get("page")),
        told=told,
        refused=refused,
        decisions=RecallLot.Decision.choices,
        channels=RecallNotice.Channel.choices,
        signs_on=SigningSession(request.session).goes_on(person(request), at),
        signatures=signatures_of(found) if not found.is_open else [],
        may={name: request.user.has_perm(step.permission) for name, step in STEPS.items()},
    )


@page("quality.view_recall")
def recall_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The recall as a workbook, or its lots as CSV."""
    found = get_object_or_404(Recall, pk=pk)
    return download(f"Recall {found}", recall_sheets(found, at=timezone.now()), kind)


@page("quality.view_recall")
def tracking_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The spreadsheet that FSMA 204 asks for, of all lots that the recall affects."""
    found = get_object_or_404(Recall, pk=pk)
    affected = Asked(lots=list(found.lots.values_list("lot", flat=True)))
    return download(f"FSMA 204 records of {found}", tracking_sheets(affected), "xlsx")


def _started(form: StartForm, request: HttpRequest) -> Recall | None:
    """The recall that was opened; None when it was refused, which the form then shows."""
    try:
        return services.start_recall(**form.cleaned_data, **acting(request))
    except ANTICIPATED as failure:
        form.refuse(anticipated(failure))
        return None


def _do(request: HttpRequest, found: Recall) -> dict[str, Any]:
    """Do what the button says; what was typed and why it was refused, or nothing when it was done."""
    name, key = request.POST.get("do", ""), request.POST.get("key", "")
    step = STEPS.get(name)
    if step is None:
        messages.error(request, "There is no such step.")
        return {"do": name}
    _require(request, step.permission)
    form = step.form(request.POST)
    if not form.is_valid():
        sentence = " ".join(
            f"{form[field].label}: {error}" if field in form.fields else str(error)
            for field, errors in form.errors.items()
            for error in errors
        )
    else:
        try:
            with transaction.atomic():
                messages.success(
                    request,
                    step.do(found, form.cleaned_data | {"session": request.session}, acting(request), key),
                )
            return {}
        except ANTICIPATED as failure:
            sentence = anticipated(failure).sentence
    messages.error(request, sentence)
    typed = {field: value for field, value in request.POST.items() if field != "password"}
    return {"do": name, "key": key, "sentence": sentence, "typed": typed}


def _put_back(told: Told, typed: Mapping[str, str]) -> None:
    """What was typed of each lot, back into its fields after a refusal."""
    for _, _, lines in told.notices:
        for each in lines:
            each |= {name: typed.get(f"{name}-{each['line'].pk}", "") for name in ACCOUNTED}


def _listed(recall: Any, at: datetime) -> dict[str, Any]:
    return {
        "recall": recall,
        "level": RECALL_LEVELS[Recall.Status(recall.status)],
        "lots": recall.affected_count,
        "seconds": recall.time_taken(at).total_seconds(),
        "taken": lasted(recall.time_taken(at)),
        "not_measured": why_not_measured(recall),
    }


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise RightMissing(permission)
