"""The form of a service action: what a person types before a service is called."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from unfold import widgets
from unfold.forms import AuthenticationForm

from mes.core.links import told_with_links
from mes.core.problems import Problem, told_rule

_DRESS: list[tuple[type[forms.Widget], type[forms.Widget]]] = [
    # The more special widget first: each is also an instance of the ones below it.
    (AdminDateWidget, widgets.UnfoldAdminSingleDateWidget),
    (forms.HiddenInput, forms.HiddenInput),
    (forms.DateInput, widgets.UnfoldAdminSingleDateWidget),
    (forms.Textarea, widgets.UnfoldAdminTextareaWidget),
    (forms.FileInput, widgets.UnfoldAdminFileFieldWidget),
    (forms.CheckboxInput, widgets.UnfoldBooleanWidget),
    (forms.SelectMultiple, widgets.UnfoldAdminSelectMultipleWidget),
    (forms.Select, widgets.UnfoldAdminSelectWidget),
    (forms.NumberInput, widgets.UnfoldAdminDecimalFieldWidget),
    (forms.PasswordInput, widgets.UnfoldAdminPasswordWidget),
    (forms.TextInput, widgets.UnfoldAdminTextInputWidget),
]


class SignInForm(AuthenticationForm):
    """The way into the console. A wrong password and a locked account are answered alike, and the answer helps with both."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "Please enter the correct %(username)s and password for a staff account. Note that both fields may be "
        "case-sensitive. After several wrong ones in a row an account is locked: an administrator sees it and unlocks it."
    }


class ReasonOfChangeField(forms.CharField):
    """Why something regulated changes: whether it has to be said depends on the item, so the service refuses where it is missing."""

    def __init__(self, *, label: str = "Why", **kwargs: Any) -> None:
        told = "Needed where the item is regulated; kept in its history."
        super().__init__(max_length=300, required=False, label=label, help_text=told, **kwargs)


class ServiceForm(forms.Form):
    """Base of the forms given to `service_action(form=…)`: its cleaned fields are the service's keyword arguments.

    `self.objects` are those the action was called for, so that a subclass can narrow choices and suggest values in
    its `__init__`; `self.request` is the request it is filled in for. Fields are plain Django fields; the console's look is put on here.
    """

    def __init__(
        self, *args: Any, objects: Sequence[Model] = (), request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.objects = objects
        self.request = request
        for field in self.fields.values():
            _dress(field)

    def refuse(self, problem: Problem) -> None:
        """Show a refusal where it belongs: at the fields it names, else above them all."""
        told = [(_field_named(error.get("pointer", "")), error["detail"]) for error in problem.errors]
        named = [(name, sentence) for name, sentence in told if name in self.fields]
        for name, sentence in named:
            self.add_error(name, sentence)
        if not named or problem.code != "invalid_input":
            self.add_error(None, told_with_links(problem))

    def render_before_template(self) -> str:
        """What the console's dialog shows above the fields."""
        return format_html(
            '<div class="mes-why-not text-red-600 dark:text-red-500">{}</div>', self.non_field_errors()
        )

    def render_after_template(self) -> str:
        return ""


class RecordForm(forms.ModelForm[Any]):
    """The form of a record's own page: a rule of the database that it would break is told as a sentence, not by its name."""

    def full_clean(self) -> None:
        super().full_clean()
        for error in self.errors.as_data().get(NON_FIELD_ERRORS, []):
            error.message = told_rule(str(error.message))


def _field_named(pointer: str) -> str:
    """The form's field for a JSON pointer: what is nested in a request's body has a longer name in a form."""
    return pointer.removeprefix("#/").replace("/", "_")


def _dress(field: forms.Field) -> None:
    if type(field.widget).__module__.startswith("unfold"):
        return
    for plain, dressed in _DRESS:
        if isinstance(field.widget, plain):
            widget = dressed(
                attrs={key: value for key, value in field.widget.attrs.items() if key != "class"}
            )
            widget.is_required = field.widget.is_required
            widget.is_localized = field.widget.is_localized
            field.widget = widget
            if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
                widget.choices = field.choices  # type: ignore[attr-defined]  # only choice widgets stand here
            return
