"""What is where, the ledger, claims, open purchases and counts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory import services
from inventory.colours import EXPECTED_LEVELS, RESERVATION_LEVELS, chip, lot_chip
from inventory.forms import CountForm, ReasonForm
from inventory.models import Balance, ExpectedReceipt, Move, Reservation, StockCount, Transformation
from inventory.quantities import plain
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline, service_action
from mes.core.models import User


def count_here(balance: Balance, *, counted: Decimal, by: User, at: datetime) -> StockCount:
    """Count a lot at one place."""
    return services.count_stock(balance.lot, location=balance.location, counted=counted, by=by, at=at)


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    """What is where now."""

    list_display = ["lot", "item", "disposition", "location", "shown_quantity", "expires"]
    list_filter = ["location__site", "location__kind", "lot__status", "location"]
    list_select_related = ["lot__item", "location"]
    search_fields = ["lot__number", "lot__item__number", "location__code"]
    ordering = ["lot__item__number", "pk"]
    fields = [("lot", "item", "disposition"), ("location", "shown_quantity")]
    readonly_fields = ["item", "disposition", "shown_quantity"]
    actions = [
        service_action(
            "Count…",
            count_here,
            form=CountForm,
            permission="inventory.add_stockcount",
            icon="checklist",
            on_rows=True,
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        found: Any = super().get_queryset(request)
        here: QuerySet[Balance] = found.on_hand()
        return here

    @display(description="Item", ordering="lot__item__number")
    def item(self, balance: Balance) -> str:
        return str(balance.lot.item)

    @display(description="Disposition", ordering="lot__status")
    def disposition(self, balance: Balance) -> SafeString:
        return lot_chip(balance.lot)

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, balance: Balance) -> str:
        return f"{plain(balance.quantity)} {balance.lot.item.unit}"

    @display(description="Expires", ordering="lot__expires_on")
    def expires(self, balance: Balance) -> Any:
        return balance.lot.expires_on


def may_be_reversed(move: Move) -> bool:
    return move.reverses_id is None and not Move.objects.filter(reverses=move).exists()


@admin.register(Move)
class MoveAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ["at", "kind", "lot", "item", "shown_quantity", "source", "destination", "reference", "by"]
    list_filter = ["kind", ("at", RangeDateFilter), "source__site", "destination__kind"]
    list_filter_submit = True
    list_select_related = ["lot__item", "source", "destination", "by"]
    search_fields = ["lot__number", "lot__item__number", "reference"]
    ordering = ["-at", "-pk"]
    actions = [
        service_action(
            "Reverse…",
            services.reverse,
            form=ReasonForm,
            permission="inventory.reverse_move",
            when=may_be_reversed,
            icon="undo",
            description="Both moves stay in the ledger.",
        )
    ]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in {"lot__id__exact", "lot__item__id__exact"} or super().lookup_allowed(
            lookup, value, request
        )

    @display(description="Item", ordering="lot__item__number")
    def item(self, move: Move) -> str:
        return str(move.lot.item)

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, move: Move) -> str:
        return f"{plain(move.quantity)} {move.lot.item.unit}"


class MovesInline(ReadOnlyInline):
    model = Move
    fields = ["kind", "lot", "quantity", "source", "destination", "at"]
    ordering = ["pk"]
    per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[Move]:
        found: QuerySet[Move] = super().get_queryset(request)
        return found.select_related("lot__item", "source", "destination", "transformation")


@admin.register(Transformation)
class TransformationAdmin(ReadOnlyAdmin):
    list_display = ["reference", "kind", "started_at", "by"]
    list_filter = ["kind", ("started_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["by"]
    search_fields = ["reference"]
    ordering = ["-started_at", "-pk"]
    inlines = [MovesInline]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["lot", "item", "shown_quantity", "purpose", "shown_status", "made_at"]
    list_filter = ["status", "lot__item__site"]
    list_select_related = ["lot__item"]
    search_fields = ["purpose", "lot__number", "lot__item__number"]
    ordering = ["-made_at", "-pk"]
    actions = [
        service_action(
            "Give up",
            services.release_reservation,
            when=lambda reservation: reservation.status == Reservation.Status.OPEN,
            icon="lock_open",
        )
    ]

    @display(description="Item", ordering="lot__item__number")
    def item(self, reservation: Reservation) -> str:
        return str(reservation.lot.item)

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, reservation: Reservation) -> str:
        return f"{plain(reservation.quantity)} {reservation.lot.item.unit}"

    @display(description="Status", ordering="status")
    def shown_status(self, reservation: Reservation) -> SafeString:
        return chip(
            reservation.get_status_display(), RESERVATION_LEVELS[Reservation.Status(reservation.status)]
        )


@admin.register(ExpectedReceipt)
class ExpectedReceiptAdmin(ConsoleAdmin):
    """Open purchases: noted here, delivered by receiving a lot."""

    list_display = ["number", "item", "supplier", "owed", "due_date", "shown_status", "receive"]
    list_filter = ["status", ("due_date", RangeDateFilter), "supplier"]
    list_filter_submit = True
    list_select_related = ["item", "supplier"]
    search_fields = ["number", "item__number", "supplier__name"]
    autocomplete_fields = ["item", "supplier"]
    ordering = ["status", "due_date", "pk"]
    fields = ["number", "item", "supplier", "quantity", "due_date"]
    actions = [
        service_action(
            "Cancel",
            services.cancel_expected_receipt,
            when=lambda expected: expected.status == ExpectedReceipt.Status.OPEN,
            icon="cancel",
            submit="Cancel the purchase",
        )
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "number" in form.base_fields:
            form.base_fields["number"].required = False
            form.base_fields["number"].help_text = "Empty: the next number"
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Once noted, only its date moves; a wrong purchase is cancelled and noted again."""
        return ["number", "item", "supplier", "owed", "shown_status"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        if obj is None:
            return self.fields
        return ["number", "item", "supplier", "owed", "due_date", "shown_status"]

    def save_model(self, request: HttpRequest, obj: ExpectedReceipt, form: Any, change: Any) -> None:
        if change:
            day = form.cleaned_data["due_date"]
            services.postpone_expected_receipt(obj, day, by=cast("User", request.user), at=timezone.now())
            return
        given = form.cleaned_data | {"number": form.cleaned_data["number"] or None}
        made = services.expect_receipt(**given, by=cast("User", request.user), at=timezone.now())
        obj.pk, obj.number = made.pk, made.number

    @display(description="Still owed")
    def owed(self, expected: ExpectedReceipt) -> str:
        return f"{plain(expected.quantity - expected.received_quantity)} of {plain(expected.quantity)} {expected.item.unit}"

    @display(description="Status", ordering="status")
    def shown_status(self, expected: ExpectedReceipt) -> SafeString:
        return chip(expected.get_status_display(), EXPECTED_LEVELS[ExpectedReceipt.Status(expected.status)])

    @display(description="Arrived?")
    def receive(self, expected: ExpectedReceipt) -> SafeString:
        if expected.status != ExpectedReceipt.Status.OPEN:
            return SafeString("–")
        address = reverse("admin:inventory_lot_add")
        return format_html(
            '<a class="underline" href="{}?item={}&expected_receipt={}">Receive</a>',
            *(address, expected.item_id, expected.pk),
        )


@admin.register(StockCount)
class StockCountAdmin(ReadOnlyAdmin):
    list_display = ["at", "lot", "location", "expected", "counted", "by"]
    list_filter = ["location__site", ("at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["lot", "location", "by"]
    search_fields = ["lot__number"]
    ordering = ["-at", "-pk"]
