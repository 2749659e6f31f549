"""The log of facts, and deliveries that need somebody."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from mes.core import outbox
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, service_action
from mes.core.models import Fact, FactDelivery


class DeliveryInline(ReadOnlyInline):
    model = FactDelivery
    fields = ["subscriber", "status", "attempts", "done_at"]


@admin.register(Fact)
class FactAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "recorded_at", "payload"]
    list_filter = ["name", "recorded_at"]
    search_fields = ["name"]
    fields = ["name", "recorded_at", "told"]
    readonly_fields = ["told"]
    ordering = ["-id"]
    inlines = [DeliveryInline]

    @display(description="What it says")
    def told(self, fact: Fact) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(fact.payload, indent=2))


@admin.register(FactDelivery)
class FactDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["fact", "subscriber", "shown_status", "attempts", "due_at", "done_at"]
    list_filter = ["status", "subscriber"]
    list_select_related = ["fact"]
    readonly_fields = ["traceback"]
    exclude = ["error"]
    ordering = ["-id"]
    actions = [
        service_action(
            "Try again",
            outbox.retry_parked,
            when=FactDelivery.is_parked,
            icon="replay",
            description="The delivery gets a fresh set of attempts; the first is made within seconds.",
        )
    ]

    @display(
        description="Status",
        ordering="status",
        label={"Pending": "info", "Done": "success", "Parked": "danger"},
    )
    def shown_status(self, delivery: FactDelivery) -> str:
        return delivery.get_status_display()

    @display(description="Why it failed last")
    def traceback(self, delivery: FactDelivery) -> SafeString:
        return format_html('<pre class="overflow-auto">{}</pre>', delivery.error or "It has not failed.")
