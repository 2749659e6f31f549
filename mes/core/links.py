"""Links to records' own pages in the console, for whoever may open them; to anybody else the record is named without a link."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.db.models import Model
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mes.core.problems import Problem
from mes.core.reader import present_request


def address_of(target: Model) -> str | None:
    """The object's page in the console, where it has one and the reader may open it."""
    return _page_of(type(target), target.pk, target)


def address_of_key(kind: str, key: object) -> str | None:
    """The same of a record that is known by its kind (`app.model`) and key; None for a kind that there is no more."""
    try:
        model = apps.get_model(kind)
    except LookupError:
        return None
    return _page_of(model, key, None)


def address_at(name: str, *args: object, query: str = "") -> str | None:
    """One of the console's own pages, by its name, where the reader has the permissions that it asks for."""
    address = reverse(name, args=args)
    request = present_request()
    if request is None or request.user.has_perms(_asked_by(name, address)):
        return f"{address}?{query}" if query else address
    return None


def link_to(target: Model) -> SafeString:
    """Its name, as a link to its page where it has one."""
    address = address_of(target)
    return (
        format_html('<a class="underline" href="{}">{}</a>', address, target)
        if address
        else format_html("{}", target)
    )


def told_with_links(problem: Problem) -> SafeString:
    """What is wrong and what to do, and where: links to the pages on which it can be done."""
    links = format_html_join("", " → {}{}", ((_kind_before(each), link_to(each)) for each in problem.see))
    return format_html("{}{}", problem.sentence, links)


def _kind_before(target: Model) -> str:
    """What a record is, before its name, unless that says so itself: `lot L-1`, but `review of MIC-1`."""
    kind = str(target._meta.verbose_name)
    return "" if kind.rsplit(maxsplit=1)[-1] in str(target).split() else f"{kind} "


def _page_of(model: type[Model], key: object, target: Model | None) -> str | None:
    try:
        # Asked for only now: services read this module before the console has put its own site in place.
        page: Any = admin.site.get_model_admin(model)
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    except (NotRegistered, NoReverseMatch):
        return None
    request = present_request()
    if request is None:
        return address
    may_open = admin.site.has_permission(request) and page.has_view_or_change_permission(request, target)
    return address if may_open else None


_asked: dict[str, tuple[str, ...]] = {}


def _asked_by(name: str, address: str) -> tuple[str, ...]:
    """What permissions a page asks for: those of its view, whatever it is about."""
    if name not in _asked:
        _asked[name] = tuple(getattr(resolve(address).func, "permissions", ()))
    return _asked[name]
