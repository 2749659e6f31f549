"""Offers as rows; they are made, accepted and withdrawn on the Promise page too."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory.colours import chip
from inventory.quantities import plain
from mes.core.console import ReadOnlyAdmin, service_action
from orders import forms, services
from orders.models import Offer

LEVELS = {
    Offer.Status.OPEN: "held",
    Offer.Status.ACCEPTED: "done",
    Offer.Status.WITHDRAWN: "planned",
    Offer.Status.EXPIRED: "planned",
}


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "item",
        "shown_quantity",
        "customer",
        "wanted_date",
        "promised_date",
        "shown_status",
        "expires_at",
        "binding",
    ]
    list_filter = ["status", "customer", ("expires_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["item", "customer"]
    search_fields = ["number", "inquiry", "item__number", "customer__name"]
    ordering = ["-pk"]
    exclude = ["answer"]
    actions = [
        service_action(
            "Withdraw…",
            services.withdraw_offer,
            form=forms.ReasonForm,
            permission="orders.change_offer",
            when=lambda offer: offer.status == Offer.Status.OPEN,
            icon="undo",
            description="What is kept for it is free again at once.",
        ),
    ]

    @display(description="Quantity")
    def shown_quantity(self, offer: Offer) -> str:
        return f"{plain(offer.quantity)} {offer.item.unit}"

    @display(description="Status", ordering="status")
    def shown_status(self, offer: Any) -> SafeString:
        return chip(offer.get_status_display(), LEVELS[Offer.Status(offer.status)])
