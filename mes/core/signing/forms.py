"""The signature as part of a form of the console."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.html import format_html

from mes.core.forms import ServiceForm
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError
from mes.core.signing.credentials import Credentials, SigningSession
from mes.core.signing.demands import is_demanded
from mes.core.signing.services import why_not_to_sign

USERNAME, PASSWORD, REASON = "signature_username", "signature_password", "signature_reason"
FIELDS = (USERNAME, PASSWORD, REASON)


class SigningForm(ServiceForm):
    """A form whose act is signed where the rules demand it, or with `always = True` whenever it is sent.

    Hands the service `credentials=`; where no signature is demanded of any of the objects its three fields are not there, and
    neither is `credentials`. The user name is not asked for again while the person goes on signing.
    """

    meaning: ClassVar[Meaning]
    always: ClassVar[bool] = False

    signature_username = forms.CharField(
        label="User name",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    signature_password = forms.CharField(
        label="Password",
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    signature_reason = forms.CharField(
        label="Remark", max_length=500, required=False, help_text="Printed with your signature, if you want."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_signed = self.always or is_demanded(self.objects, self.meaning)
        if not self.is_signed:
            for name in FIELDS:
                del self.fields[name]
            return
        user = self.request.user if self.request is not None else None
        session = self._session()
        if user is not None and session is not None and session.goes_on(user, timezone.now()):  # type: ignore[arg-type]  # signed in
            del self.fields[USERNAME]
        self.fields[PASSWORD].help_text = f"With it you sign: {self._meaning().label.lower()}."
        self.why_not = None if self.is_bound else self._why_not()
        self.order_fields([name for name in self.fields if name not in FIELDS])

    def _why_not(self) -> DomainError | None:
        """Why whoever opens this could not sign, so that nobody types a password to be told."""
        user = self.request.user if self.request is not None else None
        if not isinstance(user, User) or len(self.objects) != 1:
            return None
        return why_not_to_sign(self.objects[0], self._meaning(), by=user)

    def render_before_template(self) -> str:
        refusal = getattr(self, "why_not", None)
        return (
            format_html('<p class="text-red-600 dark:text-red-500">{}</p>', refusal)
            if refusal
            else super().render_before_template()
        )

    def _meaning(self) -> Meaning:
        return self.meaning

    def _session(self) -> SigningSession | None:
        return SigningSession(self.request.session) if self.request is not None else None

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        given = {name: cleaned.pop(name, "") for name in FIELDS}
        return cleaned | self._credentials(given) if self.is_signed else cleaned

    def _credentials(self, given: Mapping[str, str]) -> dict[str, Credentials]:
        return {
            "credentials": Credentials(
                username=given[USERNAME].strip(),
                password=given[PASSWORD],
                reason=given[REASON],
                session=self._session(),
            )
        }


class SignForm(SigningForm):
    """A signature for its own sake, such as a review that goes before the approval."""

    always = True
    meaning = Meaning.REVIEW

    field_order = ["meaning", *FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[PASSWORD].help_text = "With it you sign, meaning what you chose above."

    def _why_not(self) -> None:
        """What it means is chosen only here."""


def sign_form(*meanings: Meaning) -> type[SignForm]:
    """The form of an action that signs a record with one of these meanings: `service_action("Sign…", signing.sign, form=sign_form(…))`."""
    choice = forms.ChoiceField(
        label="Meaning", choices=[(meaning.value, meaning.label) for meaning in meanings]
    )
    return type("SignForm", (SignForm,), {"meaning": choice})
