"""Sites, suppliers, items and locations."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory import services
from inventory.colours import chip, lot_chip
from inventory.models import Balance, Item, ItemUnit, Location, Site, Supplier
from inventory.quantities import plain
from mes.core.console import ConsoleAdmin, ReadOnlyInline, TabularInline

SEES_FORECASTS = "forecasting.view_forecast"

FULL, NEARLY_FULL = 1.0, 0.9
REGULATED = [("unknown", "As its site"), ("true", "Yes"), ("false", "No")]


@admin.register(Site)
class SiteAdmin(ConsoleAdmin):
    list_display = ["code", "name", "time_zone", "gln", "is_regulated"]
    search_fields = ["code", "name"]
    ordering = ["code"]

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        services.ensure_locations(obj)


@admin.register(Supplier)
class SupplierAdmin(ConsoleAdmin):
    list_display = ["code", "name", "email", "is_approved", "gln"]
    list_filter = ["is_approved"]
    search_fields = ["code", "name"]
    ordering = ["code"]


class ItemUnitInline(TabularInline):
    """Other units in which the item is counted, such as a box of twelve."""

    model = ItemUnit
    verbose_name_plural = "other units"
    extra = 0


@admin.register(Item)
class ItemAdmin(ConsoleAdmin):
    list_display = [
        "__str__",
        "description",
        "kind",
        "strategy",
        "supply",
        "on_hand",
        "usable",
        "kept",
        "on_order",
    ]
    list_filter = ["site", "kind", "strategy", "supply", "tracking", "is_active", "family"]
    search_fields = ["number", "description", "family"]
    autocomplete_fields = ["supplier"]
    readonly_fields = ["on_hand", "usable", "kept", "on_order", "links", "outlook"]
    inlines = [ItemUnitInline]
    ordering = ["number", "revision"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "revision"),
                    "description",
                    ("site", "family", "is_active", "is_regulated"),
                ]
            },
        ),
        ("Stock now", {"fields": [("on_hand", "usable", "kept", "on_order"), "links"]}),
        (
            "Made or bought",
            {
                "fields": [
                    ("kind", "strategy", "supply"),
                    ("supplier", "lead_time_days"),
                    "needs_first_article",
                ]
            },
        ),
        ("Lot sizes", {"fields": [("order_minimum", "order_multiple")]}),
        (
            "Keeping",
            {
                "fields": [
                    ("uom", "tracking"),
                    ("shelf_life_days", "storage_volume_m3"),
                    ("allergens", "gtin"),
                ]
            },
        ),
        ("Money", {"fields": [("unit_cost", "unit_price")]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Item], search_term: str
    ) -> tuple[QuerySet[Item], bool]:
        """By its fields, or by the name that it bears everywhere: `NP-2310 rev B`."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        called = Item.objects.called(search_term)
        return (queryset.filter(pk__in=called), False) if called.exists() else (found, may_repeat)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        found: Any = super().get_queryset(request)
        stocked: QuerySet[Item] = found.with_stock()
        return stocked

    @display(description="On hand", ordering="on_hand")
    def on_hand(self, item: Any) -> str:
        return _amount(item, "on_hand")

    @display(description="Usable", ordering="usable")
    def usable(self, item: Any) -> str:
        return _amount(item, "usable")

    @display(description="Reserved", ordering="reserved")
    def kept(self, item: Any) -> str:
        return _amount(item, "reserved")

    @display(description="On order", ordering="expected")
    def on_order(self, item: Any) -> str:
        return _amount(item, "expected")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "is_regulated" in form.base_fields:
            form.base_fields["is_regulated"].widget.choices = REGULATED
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Item | None = None) -> Any:
        """The way to the forecast is for those who may go it."""
        given: Any = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm(SEES_FORECASTS):
            return given
        return [
            (title, options | {"fields": [*options["fields"], "outlook"]})
            if "links" in options["fields"]
            else (title, options)
            for title, options in given
        ]

    @display(description="To come")
    def outlook(self, item: Item) -> SafeString:
        cockpit = reverse("console:item", args=[item.pk])
        return format_html('<a class="underline" href="{}">Forecast and stock to come</a>', cockpit)

    @display(description="Go to")
    def links(self, item: Item) -> SafeString:
        """The item's lots and moves, and the form that receives more of it."""
        if item.pk is None:
            return SafeString("–")
        lots = reverse("admin:inventory_lot_changelist")
        moves = reverse("admin:inventory_move_changelist")
        receive = reverse("admin:inventory_lot_add")
        return format_html(
            '<a class="underline" href="{}?item__id__exact={}">Lots</a> · '
            '<a class="underline" href="{}?lot__item__id__exact={}">Moves</a> · '
            '<a class="underline" href="{}?item={}">Receive</a>',
            *(lots, item.pk, moves, item.pk, receive, item.pk),
        )


class StockInline(ReadOnlyInline):
    """What is here. The first hundred lots; all of them are in the list of stock."""

    model = Balance
    verbose_name_plural = "What is here"
    fields = ["lot", "item", "disposition", "quantity"]
    readonly_fields = ["item", "disposition"]
    ordering = ["lot__item__number", "pk"]
    per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        found: Any = super().get_queryset(request)
        here: QuerySet[Balance] = found.on_hand().select_related("lot__item", "location")
        return here

    @display(description="Item")
    def item(self, balance: Balance) -> str:
        return str(balance.lot.item)

    @display(description="Disposition")
    def disposition(self, balance: Balance) -> SafeString:
        return lot_chip(balance.lot)


@admin.register(Location)
class LocationAdmin(ConsoleAdmin):
    list_display = ["code", "name", "site", "kind", "capacity_m3", "filled", "fill"]
    list_filter = ["site", "kind"]
    list_select_related = ["site"]
    search_fields = ["code", "name"]
    ordering = ["site__code", "code"]
    readonly_fields = ["filled", "fill"]
    fields = [("site", "kind"), ("code", "name"), ("capacity_m3", "filled", "fill")]
    inlines = [StockInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        found: Any = super().get_queryset(request)
        filled: QuerySet[Location] = found.with_fill()
        return filled

    @display(description="Filled", ordering="filled_m3")
    def filled(self, location: Any) -> str:
        return f"{getattr(location, 'filled_m3', Decimal(0)):.2f} m³"

    @display(description="Fill", ordering="fill")
    def fill(self, location: Any) -> SafeString:
        share = getattr(location, "fill", None)
        if share is None:
            return SafeString("not limited")
        level = "late" if share > FULL else "risk" if share > NEARLY_FULL else "done"
        return chip(f"{share:.0%}", level)


def _amount(item: Any, name: str) -> str:
    total = getattr(item, name, None)
    return "–" if total is None else f"{plain(total)} {item.unit}"
