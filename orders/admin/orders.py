"""Customers and their orders."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.models import Item
from mes.core.console import (
    ConsoleAdmin,
    TabularInline,
    service_action,
)
from mes.core.forms import RecordForm
from orders import forms, services
from orders.admin.filters import StateFilter
from orders.models import (
    Customer,
    CustomOrder,
    OrderLine,
    State,
)
from orders.panel import chip, order_panel, tracking_url, why_in_place

Status = CustomOrder.Status


def person(request: HttpRequest) -> Any:
    return request.user


def has_status(*statuses: str) -> Any:
    return lambda order: order.status in statuses


@admin.register(Customer)
class CustomerAdmin(ConsoleAdmin):
    list_display = ["code", "name", "group", "channel", "email"]
    list_filter = ["group", "channel"]
    search_fields = ["code", "name", "email", "group"]
    ordering = ["code"]


class LineForm(RecordForm):
    """A line keeps its item: another item is another line."""

    def clean_item(self) -> Item:
        item: Item = self.cleaned_data["item"]
        if self.instance.pk and item.pk != self.instance.item_id:
            raise ValidationError("Strike this line out and add one for the other item.")
        return item


class OrderLineInline(TabularInline):
    """Lines as they are typed; what they become is decided by the services."""

    model = OrderLine
    form = LineForm
    fields = ["item", "quantity", "due_date", "priority", "unit_price", "progress"]
    readonly_fields = ["progress"]
    autocomplete_fields = ["item"]
    show_change_link = True

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new order begins with a line to fill in; one left empty is not saved."""
        return 0 if obj else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        lines: Any = super().get_queryset(request)
        found: QuerySet[OrderLine] = lines.with_progress().select_related("item", "order").order_by("number")
        return found

    @display(description="Where it stands")
    def progress(self, line: Any) -> SafeString:
        return (
            format_html("{}<br><small>{}</small>", chip(line.state), why_in_place(line))
            if line.pk
            else SafeString("")
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and (obj is None or obj.status == Status.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == Status.DRAFT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or obj.status in {Status.DRAFT, Status.CONFIRMED}
        return super().has_change_permission(request, obj) and is_open


@admin.register(CustomOrder)
class CustomOrderAdmin(ConsoleAdmin):
    list_display = [
        "number",
        "customer",
        "customer_reference",
        "shown_state",
        "wanted",
        "line_count",
        "ordered_at",
    ]
    list_filter = [StateFilter, "status", "customer", ("ordered_at", RangeDateFilter)]
    list_filter_submit = True
    search_fields = ["number", "customer_reference", "customer__name", "lines__item__number"]
    autocomplete_fields = ["customer"]
    ordering = ["-ordered_at", "-pk"]
    inlines = [OrderLineInline]
    change_form_outer_after_template = "orders/order_panel.html"
    fields = [
        ("number", "customer", "customer_reference"),
        ("shown_state", "ordered_at", "confirmed_at"),
    ]
    actions = [
        service_action(
            "Confirm",
            services.confirm_order,
            when=has_status(Status.DRAFT),
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="Stock is reserved, production planned, requirements handed down, and each line gets a date.",
        ),
        service_action(
            "Ship…",
            services.ship,
            permission="orders.add_shipment",
            form=forms.ShipForm,
            when=has_status(Status.CONFIRMED),
            icon="local_shipping",
            variant=ActionVariant.PRIMARY,
            description="All stock that is ready leaves, first expired first; what is not ready follows later.",
        ),
        service_action(
            "Promise", services.promise_order, when=has_status(Status.CONFIRMED), icon="event_available"
        ),
        service_action(
            "Amend what is asked…",
            services.propose_amendment,
            form=forms.AmendmentForm,
            when=has_status(Status.CONFIRMED),
            icon="edit_note",
            goes_on=True,
            description="Begins an amendment of its requirements; what it changes is added on its own page, then approved.",
        ),
        service_action(
            "Cancel…",
            services.cancel_order,
            form=forms.ReasonForm,
            when=has_status(Status.DRAFT, Status.CONFIRMED),
            icon="cancel",
            variant=ActionVariant.DANGER,
            submit="Cancel the order",
            description="Its stock is free again and its production is cancelled, unless work on it was begun.",
        ),
        service_action(
            "Reopen…", services.reopen_order, form=forms.ReasonForm, when=has_status(Status.SHIPPED)
        ),
        service_action(
            "New tracking link",
            services.renew_tracking_link,
            icon="link_off",
            description="The link given out before shows nothing any more.",
        ),
        "show_tracking_links",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomOrder]:
        orders: Any = super().get_queryset(request)
        found: QuerySet[CustomOrder] = orders.with_state(OrderLine.objects.all()).select_related("customer")
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["shown_state", "status", "ordered_at", "confirmed_at"]
        return fixed if obj is None else [*fixed, "number", "customer", "customer_reference"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [("customer", "customer_reference")] if obj is None else self.fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="State", ordering="state")
    def shown_state(self, order: Any) -> SafeString:
        return chip(order.state if order.line_count else State.DRAFT)

    @display(description="Wanted", ordering="wanted_date")
    def wanted(self, order: Any) -> Any:
        return order.wanted_date

    @display(description="Lines")
    def line_count(self, order: Any) -> int:
        return int(order.line_count)

    @admin.action(description="Show tracking links", permissions=["view"])
    def show_tracking_links(self, request: HttpRequest, queryset: QuerySet[CustomOrder]) -> None:
        for order in queryset.order_by("pk"):
            url = tracking_url(request, order)
            messages.info(request, format_html('{}: <a class="underline" href="{}">{}</a>', order, url, url))

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """An order is entered by the service; afterwards only its lines and actions change it."""
        if not change:
            made = services.create_order(
                obj.customer, customer_reference=obj.customer_reference, by=person(request), at=timezone.now()
            )
            obj.__dict__.update(made.__dict__)

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Any],
        formset: BaseInlineFormSet[Any, Any, Any],
        change: bool,
    ) -> None:
        """Each line that was typed, changed or struck out is one call of a service."""
        call = {"by": person(request), "at": timezone.now()}
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            typed = {name: row.cleaned_data[name] for name in row.changed_data if name in row.cleaned_data}
            typed.pop("DELETE", None)
            if row in formset.deleted_forms and row.instance.pk:
                services.remove_line(row.instance, **call)
                formset.deleted_objects.append(row.instance)
            elif row.instance.pk and typed:
                services.amend_line(OrderLine.objects.get(pk=row.instance.pk), **typed, **call)
                formset.changed_objects.append((row.instance, list(typed)))
            elif typed and row not in formset.deleted_forms:
                formset.new_objects.append(services.add_line(form.instance, **typed, **call))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        order = kwargs.get("obj")
        panel = order_panel(request, order) if order is not None else {}
        page: HttpResponse = super().render_change_form(request, context | panel, *args, **kwargs)
        return page
