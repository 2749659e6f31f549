"""What every page and every button of the console's own has in common: who may, in which frame, and how a refusal is told."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mes.core.models import User
from mes.core.permissions import RightMissing
from mes.core.problems import ANTICIPATED, Problem, anticipated

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class Told(NamedTuple):
    """What a button did, and the page on which that is seen; what is no good news is not told in green."""

    sentence: str | SafeString
    then: str
    is_bad: bool = False


Deed = Callable[Concatenate[HttpRequest, P], str | SafeString | Told]


def page(*permissions: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """A page for people of the house who have all of `permissions`; others are sent to the login or refused."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        return admin.site.admin_view(require_safe(_permitted(view, *permissions)))

    return decorate


def desk(permission: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """A page that also answers its own forms, so that what is refused is shown with what was typed."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        answers = require_http_methods(["GET", "HEAD", "POST"])(_permitted(view, permission))
        return admin.site.admin_view(answers)

    return decorate


def deed(permission: str) -> Callable[[Deed[P]], Callable[..., HttpResponse]]:
    """A button: one service call in a transaction, told in the sentence that the function returns or in the refusal's own
    words; then back to the page on which the button is, or on to the one that `Told` names.
    """

    def decorate(do: Deed[P]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                with transaction.atomic():
                    told = do(request, *args, **kwargs)
            except ANTICIPATED as failure:
                messages.error(request, anticipated(failure).sentence)
            else:
                if isinstance(told, Told):
                    tell = messages.error if told.is_bad else messages.success
                    tell(request, told.sentence)
                    return HttpResponseRedirect(told.then)
                messages.success(request, told)
            return HttpResponseRedirect(_where_the_button_is(request))

        return admin.site.admin_view(require_POST(_permitted(wraps(do)(view), permission)))

    return decorate


class PageForm(forms.Form):
    """A form on a page of the console's own, which shows what was refused where it was typed."""

    def refuse(self, problem: Problem) -> None:
        """Show a refusal at the fields it names, else above them all."""
        blamed = {error.get("pointer", "").removeprefix("#/") for error in problem.errors}
        named = [name for name in self.fields if name in blamed]
        for name in named:
            self.add_error(name, problem.sentence)
        if not named:
            self.add_error(None, problem.sentence)


def person(request: HttpRequest) -> User:
    """Who asks: pages and buttons let nobody through who has not signed in."""
    assert isinstance(request.user, User)  # noqa: S101 - tells the type checker what the permission has made sure of
    return request.user


def acting(request: HttpRequest) -> dict[str, Any]:
    """Who does something and when, as every service wants to know."""
    return {"by": person(request), "at": timezone.now()}


def draw(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    """The page in the console's frame, as wide as the window."""
    frame = admin.site.each_context(request)
    return TemplateResponse(request, template, frame | {"title": title, "is_fullwidth": "1"} | context)


def _permitted(view: View[P], *permissions: str) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perms(permissions):
            raise RightMissing(*permissions)
        return view(request, *args, **kwargs)

    told: Any = guarded
    told.permissions = permissions  # read by whoever draws a link to it
    return guarded


def _where_the_button_is(request: HttpRequest) -> str:
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    )
    return came_from if is_ours else reverse("admin:index")
