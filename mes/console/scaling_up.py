"""The Scale up page: the planner, before saying yes to more, asks what would break first and when."""

from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from forecasting.scaling_up import MOST, scale_up
from inventory.models import Item
from mes.console.pages import draw, page
from mes.core.refusals import DomainError, InvalidInput

LEVELS: Final = {
    "machine": ("late", "Machine"),
    "warehouse": ("held", "Warehouse"),
    "material": ("risk", "Material"),
}


class ScaleForm(forms.Form):
    """How much more, and of what: a factor, and an item's number or a family, or neither for everything."""

    factor = forms.DecimalField(min_value=0.001, max_value=MOST, max_digits=8, decimal_places=3, initial=2)
    family = forms.CharField(max_length=50, required=False)
    item = forms.CharField(max_length=50, required=False)

    def clean_item(self) -> Item | None:
        number = self.cleaned_data["item"].strip()
        if not number:
            return None
        found = Item.objects.filter(number__iexact=number).order_by("-pk").first()
        if found is None:
            raise forms.ValidationError(f"There is no item {number}.")
        return found


@page("forecasting.view_replenishment")
def scaling_up(request: HttpRequest) -> HttpResponse:
    """Asking only reads: the question stands in the address."""
    asked = "factor" in request.GET
    form = ScaleForm(request.GET if asked else None)
    context: dict[str, Any] = {"form": form, "families": _families()}
    if asked and form.is_valid():
        try:
            context["answer"] = answer = scale_up(**form.cleaned_data, at=timezone.now())
        except InvalidInput as refusal:
            for field, sentences in refusal.errors.items():
                form.add_error(field, list(sentences))
        except DomainError as refusal:
            form.add_error(None, f"{refusal.detail} {refusal.remedy}")
        else:
            context["limits"] = [{"limit": limit, "level": LEVELS[limit.breaks]} for limit in answer.limits]
    return draw(request, "console/scale_up.html", "Scale up", **context)


def _families() -> list[str]:
    rows = Item.objects.filter(is_active=True).exclude(family="").order_by("family")
    return list(rows.values_list("family", flat=True).distinct())
