"""The buttons of a recall's page: who may press each, what is typed beside it, which service it calls, and what it says when that is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.shortcuts import get_object_or_404

from inventory.forms import QuantityField
from inventory.models import Lot
from mes.core.signing import Credentials, SigningSession
from orders import services
from orders.models import RecallNotice, RecallNoticeLine
from quality import services as quality
from quality.models import Recall, RecallLot

NAMED: Final = 5
ACCOUNTED: Final = ("returned", "destroyed")
CHANGE: Final = "quality.change_recall"
TELL: Final = "orders.change_recallnotice"


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
    "close": Step("quality.close_recall", CloseForm, _close),
    "edit": Step(TELL, EditForm, _edit),
    "send": Step(TELL, SendForm, _send),
    "send_all": Step(TELL, NoForm, _send_all),
    "acknowledge": Step(TELL, AnswerForm, _acknowledge),
    "withdraw": Step(TELL, NoForm, _withdraw),
    "account": Step(TELL, AccountForm, _account),
}
