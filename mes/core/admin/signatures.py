"""Signatures, the rules that demand them, and who tried to prove to be whom."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from mes.core import signing
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ServiceForm, service_action
from mes.core.forms import RecordForm
from mes.core.models import AccessAttempt, AccountLock, Signature, SignaturePolicy


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ["id", "record", "shown_meaning", "printed_name", "signed_at", "holds"]
    list_filter = ["meaning", "kind", ("signed_at", RangeDateFilter)]
    list_filter_submit = True
    search_fields = ["record", "printed_name"]
    fields = [
        ("record", "meaning", "holds"),
        ("printed_name", "signed_at", "method"),
        "reason",
        "told",
        "content_hash",
    ]
    readonly_fields = ["told", "holds"]
    ordering = ["-id"]

    def complete(self, rows: Iterable[Any]) -> None:
        """All of them are compared with their records at once."""
        for each in signing.shown(list(rows)):
            each.signature.__dict__["shown"] = each

    @display(description="Meaning", ordering="meaning")
    def shown_meaning(self, signature: Signature) -> str:
        return signature.get_meaning_display()

    @display(description="Holds", label={"Valid": "success", "Void": "danger"})
    def holds(self, signature: Signature) -> str:
        each = signature.__dict__.get("shown") or signing.shown([signature])[0]
        return "Void" if each.is_void else "Valid"

    @display(description="What was signed")
    def told(self, signature: Signature) -> SafeString:
        return format_html('<pre class="overflow-auto">{}</pre>', json.dumps(signature.content, indent=2))


NOT_THEIR_OWN = (
    "Four eyes: whoever wrote, changed, measured or reported what is signed may not sign it. Off: somebody who reports a "
    "nonconformance, say, may also decide what becomes of it."
)


class PolicyForm(RecordForm):
    kind = forms.ChoiceField(label="Record", widget=UnfoldAdminSelectWidget)

    class Meta:
        model = SignaturePolicy
        fields = [
            "kind",
            "meaning",
            "demand",
            "before",
            "count",
            "not_the_author",
            "not_another_signer",
            "permission",
            "reason_required",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            choice: Any = self.fields["kind"]
            choice.choices = signing.titles()
        if "not_the_author" in self.fields:
            self.fields["not_the_author"].help_text = NOT_THEIR_OWN

    def clean_permission(self) -> str:
        name = str(self.cleaned_data["permission"]).strip()
        if name and not signing.is_permission(name):
            raise ValidationError(
                "There is no such permission. Write it as app.permission, or leave it empty."
            )
        return name


@admin.register(SignaturePolicy)
class SignaturePolicyAdmin(ConsoleAdmin):
    """The four-eyes rules: what is signed, how often, and by whom."""

    form = PolicyForm
    list_display = [
        "title",
        "meaning",
        "demand",
        "in_words",
        "permission",
    ]
    list_filter = ["demand", "kind", "meaning"]
    ordering = ["kind", "pk"]
    fields = [
        ("kind", "meaning"),
        ("demand", "count", "before"),
        ("not_the_author", "not_another_signer", "reason_required"),
        "permission",
    ]

    @display(description="In words")
    def in_words(self, rule: SignaturePolicy) -> str:
        """What the rule comes to; a rule that nobody reads is kept by nobody."""
        if rule.demand == SignaturePolicy.Demand.NEVER:
            return "Nobody signs: whoever may do it does it, of their own work too."
        told = "One person signs" if rule.count == 1 else f"{rule.count} different people sign"
        if rule.before:
            told += f", before the signature that says {rule.get_before_display().lower()}"
        told += "; not whoever" if rule.not_the_author else "; also whoever"
        told += " wrote, measured or reported it"
        if rule.not_another_signer:
            told += ", and nobody who signed it with another meaning"
        return f"{told}.{' They say why.' if rule.reason_required else ''}"

    @display(description="Record", ordering="kind")
    def title(self, rule: SignaturePolicy) -> str:
        return dict(signing.titles()).get(rule.kind, rule.kind)


class UnlockForm(ServiceForm):
    reason = forms.CharField(max_length=300, help_text="Who tried, and why it is safe to go on.")


@admin.register(AccountLock)
class AccountLockAdmin(ReadOnlyAdmin):
    """Accounts on which somebody failed to prove who he is; the locked ones wait for an administrator."""

    list_display = ["user", "state", "failures", "locked_at"]
    list_filter = [("locked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__last_name"]
    ordering = ["-locked_at", "pk"]
    actions = [
        service_action(
            "Unlock…",
            signing.unlock_account,
            form=UnlockForm,
            permission="core.unlock_account",
            when=lambda account: account.is_locked,
            icon="lock_open",
            on_rows=True,
            description="Talk to the person first: somebody gave a wrong password again and again.",
        )
    ]

    @display(description="State", label={"Locked": "danger", "Open": "success"})
    def state(self, account: AccountLock) -> str:
        return "Locked" if account.is_locked else "Open"


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    list_display = ["at", "purpose", "shown_outcome", "username", "user", "kind", "key", "meaning", "note"]
    list_filter = ["outcome", "purpose", ("at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["username", "user__username", "user__last_name"]
    ordering = ["-id"]

    @display(
        description="Outcome",
        ordering="outcome",
        label={"proven": "success", "wrong": "warning", "locked": "danger", "unlocked": "info"},
    )
    def shown_outcome(self, attempt: AccessAttempt) -> tuple[str, str]:
        return attempt.outcome, attempt.get_outcome_display()
