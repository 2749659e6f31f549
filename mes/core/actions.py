"""Services as actions of the console: in the list for the selected rows, and as a button on each row's own page.

    actions = [
        service_action("Start", services.start_operation, permission="production.start_operation"),
        service_action("Scrap…", services.scrap, form=ScrapForm, when=lambda operation: operation.is_running),
    ]

Calls `service(object, **form, by=request.user, at=timezone.now())`, one transaction per object. What is refused is said in the refusal's own
words, and what was typed is kept. The button's address is `admin:<app>_<model>_do_<label as a slug>`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from unfold.enums import ActionVariant

from mes.core.forms import ServiceForm
from mes.core.links import address_of, link_to, told_with_links
from mes.core.permissions import RightMissing
from mes.core.problems import ANTICIPATED, Problem, anticipated

SUBMITTED = "_service_action"
LINKS_SHOWN = 5
REFUSALS_SHOWN = 10


@dataclass
class Outcome:
    """What became of the objects of one action."""

    done: list[Any] = field(default_factory=list)
    refused: list[tuple[Model, Problem]] = field(default_factory=list)


class ServiceAction:
    """One service as Django bulk action (call it) and as a button on the object's page (`answer_one`)."""

    do_not_call_in_templates = True

    def __init__(
        self,
        label: str,
        service: Callable[..., Any],
        *,
        permission: str | None = None,
        form: type[ServiceForm] | None = None,
        when: Callable[[Any], bool] | None = None,
        icon: str | None = None,
        variant: ActionVariant = ActionVariant.DEFAULT,
        description: str = "",
        on_rows: bool = False,
        goes_on: bool = False,
        submit: str = "",
    ) -> None:
        """
        :param goes_on: whether one goes on to what the service made, as to the draft that a revision is, and does not return.
        :param submit: what the dialog's button says where the label alone is taken for the one that leaves it: of what is called "Cancel…" it
            names what is cancelled, and the other button keeps it.
        """
        self.slug = slugify(label)
        self.__name__ = f"do_{self.slug.replace('-', '_')}"
        self.short_description = label
        self.label = label.removesuffix("…")
        self.service = service
        self.permission = permission
        self.form = form or ServiceForm
        self.when = when
        self.icon = icon
        self.variant = variant
        self.description = description
        self.on_rows = on_rows
        self.goes_on = goes_on
        self.submit = submit or self.label
        self.dismiss = "Keep it" if submit else "Cancel"

    def allowed(self, model_admin: admin.ModelAdmin[Any], request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.needs(model_admin)))

    def needs(self, model_admin: admin.ModelAdmin[Any]) -> str:
        """The permission that it asks for."""
        options = model_admin.opts
        return self.permission or f"{options.app_label}.change_{options.model_name}"

    def __call__(
        self, model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Django's bulk action: at once where nothing need be typed, else through a page with the form."""
        self.require(model_admin, request)
        objects = list(queryset.order_by("pk"))
        submitted = SUBMITTED in request.POST
        form = self.form(
            *((request.POST, request.FILES) if submitted else ()), objects=objects, request=request
        )
        if form.fields and not (submitted and form.is_valid()):
            return self.page(model_admin, request, form, objects)
        outcome = self.perform(request, objects, form.cleaned_data if submitted else {})
        tell(request, self.label, outcome)
        if not (form.fields and outcome.refused):
            return None
        return self.page(model_admin, request, form, [refused for refused, _ in outcome.refused])

    def answer_one(
        self, model_admin: admin.ModelAdmin[Any], request: HttpRequest, object_id: str
    ) -> HttpResponse:
        """The dialog behind the button: GET shows it, POST calls the service and returns to the page one came from, or goes on."""
        self.require(model_admin, request)
        target = model_admin.get_object(request, object_id)
        if target is None:
            raise Http404
        typed = (request.POST, request.FILES) if request.method == "POST" else ()
        form = self.form(*typed, objects=[target], request=request)
        if form.is_valid():
            outcome = self.perform(request, [target], form.cleaned_data)
            if not outcome.refused:
                return self.leave(request, target, outcome)
            form.refuse(outcome.refused[0][1])
        dialog = {
            "title": f"{self.label}: {target}",
            "description": self.description,
            "dismiss": self.dismiss,
        }
        context = {"dialog": dialog, "form": form, "form_submit_text": self.submit}
        return render(request, "unfold/helpers/dialog.html", context)

    def leave(self, request: HttpRequest, target: Model, outcome: Outcome) -> HttpResponse:
        """Say what was done, and return to the page one came from or go on to what was made."""
        made = outcome.done[0]
        if self.goes_on and made != target and (address := address_of(made)) is not None:
            stays = format_html("{}: {} stays as it is; this is {}.", self.label, link_to(target), made)
            messages.success(request, stays)
            return go(request, address)
        tell(request, self.label, outcome)
        return back(request, address_of(target))

    def require(self, model_admin: admin.ModelAdmin[Any], request: HttpRequest) -> None:
        if not self.allowed(model_admin, request):
            raise RightMissing(self.needs(model_admin))

    def perform(self, request: HttpRequest, objects: Iterable[Model], values: dict[str, Any]) -> Outcome:
        """Call the service for each object in a transaction of its own. Bugs pass through."""
        outcome = Outcome()
        for target in objects:
            try:
                with transaction.atomic():
                    result = self.service(target, **values, by=request.user, at=timezone.now())
            except ANTICIPATED as failure:
                outcome.refused.append((target, anticipated(failure)))
            else:
                outcome.done.append(result if isinstance(result, Model) else target)
        return outcome

    def page(
        self,
        model_admin: admin.ModelAdmin[Any],
        request: HttpRequest,
        form: ServiceForm,
        objects: Sequence[Model],
    ) -> HttpResponse:
        """The form for several objects, with everything the list needs to call this action again."""
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.label,
            "action": self,
            "action_name": self.__name__,
            "form": form,
            "objects": objects,
            "opts": model_admin.opts,
            "media": model_admin.media + form.media,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "submitted_name": SUBMITTED,
        }
        return render(request, "core/service_action.html", context)


service_action = ServiceAction


def tell(request: HttpRequest, label: str, outcome: Outcome) -> None:
    """One message for what was done, with links, and one for each refusal."""
    if outcome.done:
        links = format_html_join(", ", "{}", ((link_to(item),) for item in outcome.done[:LINKS_SHOWN]))
        rest = len(outcome.done) - LINKS_SHOWN
        more = f" and {rest} more" if rest > 0 else ""
        messages.success(request, format_html("{}: {} done ({}{}).", label, len(outcome.done), links, more))
    for target, problem in outcome.refused[:REFUSALS_SHOWN]:
        messages.error(request, format_html("{}: {}", link_to(target), told_with_links(problem)))
    if (unsaid := len(outcome.refused) - REFUSALS_SHOWN) > 0:
        messages.error(
            request, f"{unsaid} more were refused; they are still selected in the list as they were."
        )


def back(request: HttpRequest, address: str | None) -> HttpResponse:
    """Return to the page on which the button was, or to `address`."""
    came_from = request.headers.get("HX-Current-URL", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponse(headers={"HX-Redirect": came_from})
    return go(request, address or reverse("admin:index"))


def go(request: HttpRequest, there: str) -> HttpResponse:
    """Open a page, also from a dialog."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": there})
    return HttpResponseRedirect(there)
