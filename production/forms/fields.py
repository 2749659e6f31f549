"""Fields that several forms of production have."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from unfold.widgets import UnfoldAdminTextInputWidget

from mes.core.models import User
from production.models import Operator


class MomentField(forms.DateTimeField):
    """A date and a time, in the console's time zone, chosen with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}), **kwargs)


def may_start(site: int) -> QuerySet[User]:
    """Who starts operations at a site: everybody with a badge of it, and who may work off operations and has a badge of none."""
    badges = Operator.objects.values("user")
    rightful = User.objects.with_perm("production.change_operation", include_superusers=False).values("pk")
    found: QuerySet[User] = User.objects.filter(
        Q(pk__in=badges.filter(site=site)) | (Q(pk__in=rightful) & ~Q(pk__in=badges)),
        is_active=True,
        is_machine=False,
    ).order_by("last_name", "username")
    return found


class PersonField(forms.ModelChoiceField[User]):
    """Who is going to start an operation; its form narrows the choice to the site."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), **kwargs)
