"""The Scale up page: the planner, before saying yes to more, asks what would break first and when."""

from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from forecasting.scaling_up import MOST, ScaledUp, scale_up
from forecasting.workbooks import scaled_up_sheets
from inventory.models import Item
from mes.console.pages import draw, page
from mes.core.refusals import DomainError, InvalidInput
from mes.core.sheets import download

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
    """Asking only reads: the question stands in the address, and the same address with ``as=xlsx`` gives the answer as a workbook."""
    form = ScaleForm(request.GET if "factor" in request.GET else None)
    context: dict[str, Any] = {"form": form, "families": _families()}
    answer = _answer(form) if form.is_bound and form.is_valid() else None
    if answer is not None and request.GET.get("as") == "xlsx":
        return download("Scale up", scaled_up_sheets(answer), "xlsx")
    if answer is not None:
        context["answer"] = answer
        context["limits"] = [{"limit": limit, "level": LEVELS[limit.breaks]} for limit in answer.limits]
    return draw(request, "console/scale_up.html", "Scale up", **context)


def _answer(form: ScaleForm) -> ScaledUp | None:
    """None where it is refused; the form then says why."""
    try:
        return scale_up(**form.cleaned_data, at=timezone.now())
    except InvalidInput as refusal:
        for field, sentences in refusal.errors.items():
            form.add_error(field, list(sentences))
    except DomainError as refusal:
        form.add_error(None, f"{refusal.detail} {refusal.remedy}")
    return None


def _families() -> list[str]:
    rows = Item.objects.filter(is_active=True).exclude(family="").order_by("family")
    return list(rows.values_list("family", flat=True).distinct())
