"""What somebody is told who may not do what an address asks for: which right it takes, and who has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest, HttpResponse
from django.views.defaults import permission_denied

from mes.console.pages import draw
from mes.console.zone import PAGES
from mes.core.models import User
from mes.core.permissions import RightMissing

NAMED = 5
# What the pages of a record ask for, as the console names their addresses.
_ASKED = {"changelist": "view", "change": "view", "add": "add", "delete": "delete"}


@dataclass(frozen=True)
class Right:
    """One right that is missing, as the console words it, with the roles and some of the people who have it."""

    name: str
    roles: Sequence[str]
    people: Sequence[str]


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The `handler403`: for people at the console a page of its own; for scripts and what is no page of the console Django's plain one."""
    is_read_by_somebody = (
        "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
    )
    if not (is_read_by_somebody and request.path.startswith(PAGES) and request.user.is_staff):
        return permission_denied(request, exception)
    missing = [name for name in _asked_for(request, exception) if not request.user.has_perm(name)]
    page = draw(
        request,
        "console/forbidden.html",
        "You may not open this page" if request.method in {"GET", "HEAD"} else "You may not do this",
        rights=[_right(name) for name in missing],
        was_reading=request.method in {"GET", "HEAD"},
    )
    page.status_code = 403
    return page.render()


def _asked_for(request: HttpRequest, exception: Exception) -> Sequence[str]:
    """The permissions that were asked for: as the refusal names them, else as the address of a record's page has them."""
    if isinstance(exception, RightMissing):
        return exception.permissions
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    for options in (model._meta for model in apps.get_models() if admin.site.is_registered(model)):
        about = f"{options.app_label}_{options.model_name}_"
        if name.startswith(about):
            deed = name.removeprefix(about)
            verb = "change" if deed == "change" and request.method == "POST" else _ASKED.get(deed)
            return [f"{options.app_label}.{verb}_{options.model_name}"] if verb else []
    return []


def _right(permission: str) -> Right:
    app, _, codename = permission.partition(".")
    known = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    roles = Group.objects.filter(permissions=known).order_by("name") if known else Group.objects.none()
    people: Any = User.objects.with_perm(permission, backend="django.contrib.auth.backends.ModelBackend")
    named = people.filter(is_active=True, is_machine=False).order_by("is_superuser", "last_name", "username")
    return Right(
        name=known.name if known else permission,
        roles=list(roles.values_list("name", flat=True)),
        people=[str(each) for each in named[:NAMED]],
    )
