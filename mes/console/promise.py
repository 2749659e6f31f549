"""The Promise page: somebody is on the telephone and asks when they can have it.

Asking only reads: the question stands in the address, the answer comes at once. Holding it keeps stock and capacity, and accepting
what is held makes the order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from inventory.models import Item
from inventory.quantities import plain
from mes.console.pages import PageForm, Told, acting, deed, draw, page, person
from mes.core.links import address_at, address_of, address_of_key, link_to
from mes.core.problems import ANTICIPATED, anticipated
from orders import services
from orders.answering import as_json
from orders.models import Customer, Offer
from orders.offered import held_by
from production.models import Priority

M = TypeVar("M", bound=Model)

NAMES_SHOWN = 20
OFFERS_SHOWN = 60
KINDS: Final = {
    "stock": ("done", "Stock"),
    "material": ("risk", "Material"),
    "machine": ("late", "Machine busy"),
    "tool": ("risk", "Tool or people"),
    "kept": ("risk", "Kept for others"),
    "calendar": ("planned", "Closed"),
    "hold": ("held", "Held"),
    "work": ("running", "Work"),
}
HOLDS: Final = (
    ("0", "ordered now"),
    ("4", "4 hours"),
    ("24", "1 day"),
    ("48", "2 days"),
    ("120", "5 days"),
    ("240", "10 days"),
)


class QuestionForm(PageForm):
    """What is asked. Items and customers are typed by number or name, as people say them."""

    item = forms.CharField(max_length=120)
    quantity = forms.DecimalField(max_digits=16, decimal_places=4)
    wanted_date = forms.DateField(label="Wanted by", widget=forms.DateInput(attrs={"type": "date"}))
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, initial=Priority.NORMAL)
    hold_hours = forms.TypedChoiceField(label="Stands for", choices=HOLDS, coerce=Decimal, initial="48")
    customer = forms.CharField(max_length=120, required=False)
    inquiry = forms.CharField(max_length=60, required=False, label="Their reference")

    def clean_item(self) -> Item:
        term = self.cleaned_data["item"]
        found = list(_items(term)[:NAMES_SHOWN])
        exact = [item for item in found if term.casefold() in {str(item).casefold(), item.number.casefold()}]
        return _only(exact or found, term, "item")

    def clean_customer(self) -> Customer | None:
        return customer_of(self.cleaned_data["customer"])


@dataclass(frozen=True)
class Stretch:
    """A stretch of the way to the date, and how much of the whole it takes, in per cent."""

    level: str
    word: str
    text: str
    starts_at: datetime
    ends_at: datetime
    hours: float
    left: float
    width: float


@page("orders.view_offer")
def ask(request: HttpRequest) -> HttpResponse:
    """The form, the answer to what it asks (or an offer, with what is kept for it), and the offers that stand."""
    at = timezone.now()
    context: dict[str, Any] = {"may_offer": request.user.has_perm("orders.add_offer")}
    if "offer" in request.GET:
        context |= _of_offer(request, at)
    elif "item" in request.GET:
        context |= _answered(request, at)
    form = context.setdefault("form", QuestionForm())
    template = "console/promise.html"
    return draw(request, template, "Promise", now=at, offers=_standing(at), values=_typed(form), **context)


@page("orders.view_offer")
def items(request: HttpRequest) -> HttpResponse:
    """Items by what was typed so far, for the browser's own list of choices."""
    found = _items(request.GET.get("item", ""))[:NAMES_SHOWN]
    rows = [(str(item), item.description) for item in found]
    return render(request, "console/_choices.html", {"rows": rows})


@page("orders.view_offer")
def customers(request: HttpRequest) -> HttpResponse:
    rows = [(each.code, each.name) for each in _customers(request.GET.get("customer", ""))[:NAMES_SHOWN]]
    return render(request, "console/_choices.html", {"rows": rows})


@deed("orders.add_offer")
def hold(request: HttpRequest) -> Told:
    form = QuestionForm(request.POST)
    if not form.is_valid():
        raise forms.ValidationError([error for errors in form.errors.values() for error in errors])
    offer = services.make_offer(
        **form.cleaned_data,
        move_others=bool(request.POST.get("move_others")),
        **acting(request),
    )
    told = f"{offer} is held until {_local(offer, offer.expires_at):%a %d %b %H:%M}: {offer.promised_date:%a %d %b %Y}."
    return Told(told, f"{reverse('console:promise')}?offer={offer.pk}")


@deed("orders.change_offer")
def accept(request: HttpRequest, pk: int) -> Told:
    offer = get_object_or_404(Offer.objects.select_related("item__site"), pk=pk)
    accepted = services.accept_offer(
        offer,
        customer=customer_of(request.POST.get("customer", "")),
        customer_reference=request.POST.get("customer_reference", ""),
        **acting(request),
    )
    line = accepted.line
    assert line is not None  # noqa: S101 - an accepted offer became a line
    told = format_html(
        "{} is order {}, confirmed for {}.", offer, link_to(line.order), f"{offer.promised_date:%a %d %b}"
    )
    return Told(told, f"{reverse('console:promise')}?offer={offer.pk}")


@deed("orders.change_offer")
def withdraw(request: HttpRequest, pk: int) -> str:
    offer = services.withdraw_offer(get_object_or_404(Offer, pk=pk), **acting(request))
    return f"{offer} is withdrawn; what was kept for it is free again."


def customer_of(term: str) -> Customer | None:
    """Who is meant by a code or the beginning of a name; None by nothing.

    :raises ValidationError: by nobody, or by several.
    """
    if not term.strip():
        return None
    found = list(_customers(term)[:NAMES_SHOWN])
    exact = [
        each for each in found if term.strip().casefold() in {each.code.casefold(), each.name.casefold()}
    ]
    return _only(exact or found, term, "customer")


def _only(found: list[M], term: str, what: str) -> M:
    if len(found) == 1:
        return found[0]
    if not found:
        raise forms.ValidationError(f"There is no {what} “{term}”. Type how its number or name begins.")
    raise forms.ValidationError(f"“{term}” may be {', '.join(str(each) for each in found[:5])}. Choose one.")


def _items(term: str) -> QuerySet[Item]:
    """Active items whose number or description begins so, or that are written so with their revision."""
    number, _, revision = term.strip().partition(" rev ")
    found = Item.objects.filter(is_active=True).select_related("site").order_by("number", "pk")
    if revision:
        return found.filter(number__iexact=number, revision__iexact=revision)
    return found.filter(Q(number__istartswith=number) | Q(description__istartswith=number))


def _customers(term: str) -> QuerySet[Customer]:
    begins = Q(code__istartswith=term.strip()) | Q(name__istartswith=term.strip())
    return Customer.objects.filter(begins).order_by("code", "pk")


def _answered(request: HttpRequest, at: datetime) -> dict[str, Any]:
    form = QuestionForm(request.GET)
    if not form.is_valid():
        return {"form": form}
    asked = {
        key: form.cleaned_data[key] for key in ("item", "quantity", "wanted_date", "priority", "hold_hours")
    }
    try:
        found = services.ask_promise(**asked, by=person(request), at=at)
    except ANTICIPATED as failure:
        form.refuse(anticipated(failure))
        return {"form": form}
    hours = asked["hold_hours"]
    return {
        "form": form,
        "answer": _shown(as_json(found), found.wanted_date, found.item),
        "item": found.item,
        "item_page": address_at("console:item", found.item.pk),
        "quantity": found.quantity,
        "wanted_date": found.wanted_date,
        "hold_for": dict(HOLDS).get(str(hours)) if hours else None,
        "default_hold": "2 days",
    }


def _of_offer(request: HttpRequest, at: datetime) -> dict[str, Any]:
    offers = Offer.objects.select_related("item__site", "customer", "production_order", "line__order")
    key = request.GET["offer"]
    offer = get_object_or_404(offers, pk=int(key) if key.isdecimal() else 0)
    line = offer.line
    return {
        "form": QuestionForm(),
        "offer": offer,
        "is_standing": offer.is_standing(at),
        "answer": _shown(offer.answer, offer.wanted_date, offer.item)
        | {"promised_date": offer.promised_date},
        "item": offer.item,
        "item_page": address_at("console:item", offer.item_id),
        "quantity": offer.quantity,
        "wanted_date": offer.wanted_date,
        "expires_at": _local(offer, offer.expires_at),
        "ask_again": f"{reverse('console:promise')}?{urlencode(_asked_by(offer))}",
        "held": [
            (
                held,
                held.starts_at.astimezone(offer.item.site.zone),
                held.ends_at.astimezone(offer.item.site.zone),
            )
            for held in held_by(offer)
        ],
        "kept": [kept.reservation for kept in offer.stock.select_related("reservation__lot__item")],
        "production": (
            offer.production_order,
            address_of(offer.production_order),
            f"find={offer.production_order}",
        )
        if offer.production_order is not None
        else None,
        "order_page": address_of(line.order) if line is not None else None,
        "may_accept": request.user.has_perm("orders.change_offer"),
    }


def _asked_by(offer: Offer) -> dict[str, Any]:
    """The question that was answered by an offer, as its form is filled in."""
    return {
        "item": str(offer.item),
        "quantity": plain(offer.quantity),
        "wanted_date": offer.wanted_date,
        "priority": offer.priority,
        "hold_hours": QuestionForm.base_fields["hold_hours"].initial,
        "customer": offer.customer.code if offer.customer is not None else "",
        "inquiry": offer.inquiry,
    }


def _shown(answer: Mapping[str, Any], wanted: date, item: Item) -> dict[str, Any]:
    """An answer with dates as dates, its chain as stretches of a line, and how it stands to the day asked for."""
    others = answer["if_others_move"]
    promised = date.fromisoformat(answer["promised_date"])
    return {
        **answer,
        "promised_date": promised,
        "day": date.fromisoformat(answer["day"]),
        "day_if_ordered_now": date.fromisoformat(answer["day_if_ordered_now"]),
        "days_late": (promised - wanted).days,
        "stretches": list(_stretches(answer["chain"])),
        "parts": [
            (Decimal(answer[name]), word)
            for name, word in (("from_stock", "from stock"), ("to_make", "made"), ("to_buy", "bought"))
            if Decimal(answer[name])
        ],
        "shortages": [
            {**row, "day": datetime.fromisoformat(row["expected_at"]).astimezone(item.site.zone).date()}
            for row in answer["shortages"]
        ],
        "others": None
        if others is None
        else {
            "day": date.fromisoformat(others["day"]),
            "operations": others["operations"],
            "orders": [
                {
                    **row,
                    "was": date.fromisoformat(row["was"]),
                    "will_be": date.fromisoformat(row["will_be"]),
                    "page": address_of_key("production.productionorder", row["production_order"]),
                    "delay_days": row["delay_hours"] / 24,
                }
                for row in others["orders"]
            ],
        },
    }


def _stretches(chain: Iterable[Mapping[str, Any]]) -> Iterable[Stretch]:
    rows = [
        (
            row["kind"],
            row["text"],
            datetime.fromisoformat(row["starts_at"]),
            datetime.fromisoformat(row["ends_at"]),
        )
        for row in chain
    ]
    if not rows:
        return
    first = min(start for _, _, start, _ in rows)
    whole = max((end - first).total_seconds() for *_, end in rows) or 1
    for kind, text, start, end in rows:
        level, word = KINDS.get(kind, ("planned", kind))
        seconds = (end - start).total_seconds()
        left = 100 * (start - first).total_seconds() / whole
        yield Stretch(
            level,
            word,
            text,
            start,
            end,
            seconds / 3600,
            round(left, 2),
            round(max(100 * seconds / whole, 0.6), 2),
        )


def _standing(at: datetime) -> list[tuple[Offer, datetime, bool]]:
    """Offers that stand, the next to expire first: with the moment at their site, and whether that is today."""
    offers = Offer.objects.standing(at).select_related("item__site", "customer").order_by("expires_at", "pk")
    found = []
    for offer in offers[:OFFERS_SHOWN]:
        ends = _local(offer, offer.expires_at)
        found.append((offer, ends, ends.date() == _local(offer, at).date()))
    return found


def _local(offer: Offer, moment: datetime) -> datetime:
    return moment.astimezone(offer.item.site.zone)


def _typed(form: QuestionForm) -> dict[str, str]:
    """What stands in the form, to be sent again by its other buttons."""
    return {name: str(form[name].value() or "") for name in form.fields}
