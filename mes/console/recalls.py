"""Recalls at the console: where one is opened, and the page of each, from which every step is done.

Every button posts to the page that it is on. What is refused is said there, and what was typed is still in its field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from inventory.forms import QuantityField
from inventory.models import Lot, Supplier
from mes.console.pages import PageForm, acting, desk, draw, page, person
from mes.console.recall_told import RECALL_LEVELS, Told, lasted, told_of
from mes.core.permissions import RightMissing
from mes.core.problems import ANTICIPATED, anticipated
from mes.core.sheets import download
from mes.core.signing import Credentials, SigningSession, signatures_of
from orders import services
from orders.fsma import Asked, tracking_sheets
from orders.models import RecallNotice, RecallNoticeLine
from orders.recall_file import recall_sheets
from orders.recalled import why_not_measured
from production.models import Machine, ProcessPlan
from quality import services as quality
from quality.models import Gauge, Recall, RecallLot

OVER_SHOWN: Final = 30
LOTS_PER_PAGE: Final = 20
NAMED: Final = 5
ACCOUNTED: Final = ("returned", "destroyed")
ADD, CHANGE, CLOSE = "quality.add_recall", "quality.change_recall", "quality.close_recall"
TELL: Final = "orders.change_recallnotice"
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


class NoForm(forms.Form):
    """Of a button beside which nothing is typed."""


class BalanceForm(forms.Form):
    note = forms.CharField(required=False)


class DecideForm(forms.Form):
    decision = forms.ChoiceField(choices=RecallLot.Decision.choices)
    justification = forms.CharField(max_length=300)
    lot = forms.ModelMultipleChoiceField(Lot.objects.all(), required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField()


class CloseForm(forms.Form):
    conclusion = forms.CharField()
    username = forms.CharField(max_length=150, required=False)
    password = forms.CharField(strip=False, required=False)
    remark = forms.CharField(max_length=500, required=False)


class EditForm(forms.Form):
    subject = forms.CharField(max_length=200)
    text = forms.CharField()


class SendForm(forms.Form):
    channel = forms.ChoiceField(choices=RecallNotice.Channel.choices)
    sent_to = forms.CharField(max_length=254, required=False)


class AnswerForm(forms.Form):
    """What a customer says: who knows of it and, of each lot, under `returned-<line>` and `destroyed-<line>`, what became of it; what is
    left empty stays open.
    """

    acknowledged_by = forms.CharField(max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        quantity = QuantityField(required=False, min_value=0)
        noted: dict[int, dict[str, Decimal]] = {}
        for name, typed in self.data.items():
            kind, _, line = name.partition("-")
            if kind in ACCOUNTED and line.isdecimal() and (given := quantity.clean(typed)):
                noted.setdefault(int(line), {})[kind] = given
        return self.cleaned_data | {"noted": noted}


class AccountForm(AnswerForm):
    """The same of a customer who may have said before that they know of it: then something has to be said of a lot."""

    def clean(self) -> dict[str, Any]:
        answer = super().clean()
        if not (answer["noted"] or answer.get("acknowledged_by")):
            raise forms.ValidationError("Say of one lot at least how much came back or was destroyed.")
        return answer


@dataclass(frozen=True)
class Step:
    """One button of a recall's page: who may press it, what is typed beside it, what it does and says."""

    permission: str
    form: type[forms.Form]
    do: Callable[[Recall, Mapping[str, Any], Mapping[str, Any], str], str]


def _retrace(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    run = services.retrace_recall(recall, **who)
    return f"{run.lots} lots are affected, {run.new_lots or 'none'} of them new."


def _hold(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    quality.hold_recall(recall, **who)
    return f"Everything that {recall} affects is held. Nobody can issue or ship any of it."


def _balance(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    services.balance_recall(recall, typed["note"], **who)
    return "The quantities are confirmed."


def _decide(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    lots = list(typed["lot"]) or None
    count = quality.decide_lots(recall, typed["decision"], typed["justification"], lots=lots, **who)
    return f"Decided about {count} lot{'s' if count != 1 else ''}; it is done when the recall is closed."


def _prepare(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    notices = services.prepare_notices(recall, **who)
    then = (
        "read: they show whom you would have told; a drill sends none" if recall.is_mock else "read and sent"
    )
    return f"{len(notices)} notice{'s are' if len(notices) != 1 else ' is'} ready to be {then}."


def _cancel(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    quality.cancel_recall(recall, typed["reason"], **who)
    return f"{recall} is called off."


def _close(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    credentials = Credentials(
        username=typed["username"].strip(),
        password=typed["password"],
        reason=typed["remark"],
        session=SigningSession(typed["session"]),
    )
    services.close_recall(recall, typed["conclusion"], credentials=credentials, **who)
    return f"{recall} is closed and signed."


def _notice(recall: Recall, key: str) -> RecallNotice:
    notices = RecallNotice.objects.select_related("recall", "customer").filter(recall=recall)
    return get_object_or_404(notices, pk=int(key) if key.isdecimal() else 0)


def _edit(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], key: str) -> str:
    return f"{services.edit_notice(_notice(recall, key), typed['subject'], typed['text'], **who)} is saved."


def _send(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], key: str) -> str:
    notice = services.send_notice(_notice(recall, key), typed["channel"], typed["sent_to"], **who)
    return f"{notice} is noted as sent to {notice.sent_to}."


def _send_all(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], _: str) -> str:
    sent, left = services.send_notices(recall, **who)
    told = f"{len(sent)} notice{'s are' if len(sent) != 1 else ' is'} noted as sent by e-mail."
    names = ", ".join(str(notice.customer) for notice in left[:NAMED])
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    return f"{told} No e-mail address is known of {names}{more}: note that by itself." if left else told


def _acknowledge(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], key: str) -> str:
    notice = services.acknowledge_notice(_notice(recall, key), typed["acknowledged_by"], **who)
    return f"{notice.customer} knows of it. {_noted(notice, typed['noted'], who)}".strip()


def _withdraw(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], key: str) -> str:
    return f"{services.withdraw_notice(_notice(recall, key), **who)} is not sent."


def _account(recall: Recall, typed: Mapping[str, Any], who: Mapping[str, Any], key: str) -> str:
    if typed["acknowledged_by"]:
        return _acknowledge(recall, typed, who, key)
    return _noted(_notice(recall, key), typed["noted"], who)


def _noted(notice: RecallNotice, noted: Mapping[int, Mapping[str, Any]], who: Mapping[str, Any]) -> str:
    """Note what is said of each lot, by the line of the notice; what was noted, in a sentence."""
    lines = RecallNoticeLine.objects.select_related("notice__recall", "notice__customer", "lot__item__site")
    for key in sorted(noted):
        services.account_for(get_object_or_404(lines, notice=notice, pk=key), **noted[key], **who)
    if not noted:
        return ""
    return f"Noted for {len(noted)} lot{'s' if len(noted) != 1 else ''} at {notice.customer}."


STEPS: Final[Mapping[str, Step]] = {
    "retrace": Step(CHANGE, NoForm, _retrace),
    "hold": Step("quality.hold_recall", NoForm, _hold),
    "balance": Step(CHANGE, BalanceForm, _balance),
    "decide": Step(CHANGE, DecideForm, _decide),
    "prepare": Step("orders.add_recallnotice", NoForm, _prepare),
    "cancel": Step(CHANGE, ReasonForm, _cancel),
    "close": Step(CLOSE, CloseForm, _close),
    "edit": Step(TELL, EditForm, _edit),
    "send": Step(TELL, SendForm, _send),
    "send_all": Step(TELL, NoForm, _send_all),
    "acknowledge": Step(TELL, AnswerForm, _acknowledge),
    "withdraw": Step(TELL, NoForm, _withdraw),
    "account": Step(TELL, AccountForm, _account),
}


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
