"""Fields that several forms of production have."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from mes.core.models import User
from production.models import Operator


class MomentField(forms.DateTimeField):
    """A date and a time, in the console's time zone, chosen with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}), **kwargs)


class PersonField(forms.ModelChoiceField[User]):
    """Somebody with a badge."""

    def __init__(self, **kwargs: Any) -> None:
        badges = Operator.objects.values("user")
        people = User.objects.filter(is_active=True, pk__in=badges).order_by("last_name", "username")
        super().__init__(queryset=people, **kwargs)
