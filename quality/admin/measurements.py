"""Results, each with the gauge and the person behind it; corrected by another entry, confirmed by another person."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ReadOnlyAdmin, link_to, service_action
from quality import services
from quality.admin.inspections import ADD_MEASUREMENT, is_open
from quality.forms.inspections import CorrectForm
from quality.models import Measurement


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = [
        "at",
        "characteristic",
        "item",
        "lot",
        "piece",
        "value",
        "verdict",
        "gauge",
        "by",
        "is_corrected",
    ]
    list_filter = ["conforms", "characteristic__is_key", "gauge__kind", ("at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = [
        "characteristic",
        "inspection__lot",
        "inspection__plan__item",
        "by",
        "gauge",
        "corrected_by",
        "confirmation__by",
    ]
    search_fields = ["inspection__lot__number", "characteristic__name", "inspection__plan__item__number"]
    ordering = ["-at", "-pk"]
    actions = [
        service_action(
            "Correct…",
            services.correct_measurement,
            form=CorrectForm,
            permission=ADD_MEASUREMENT,
            when=lambda measurement: (
                is_open(measurement.inspection)
                and not Measurement.objects.filter(corrects=measurement).exists()
            ),
            icon="edit",
            description="Both entries are kept; the new one counts.",
        ),
        service_action(
            "Confirm",
            services.confirm_measurement,
            permission=ADD_MEASUREMENT,
            when=lambda measurement: (
                is_open(measurement.inspection)
                and measurement.characteristic.needs_second_person
                and not hasattr(measurement, "confirmation")
            ),
            icon="how_to_reg",
            description="As another person who found the same.",
        ),
    ]

    @display(description="Item", ordering="inspection__plan__item__number")
    def item(self, measurement: Measurement) -> str:
        return str(measurement.inspection.plan.item)

    @display(description="Lot", ordering="inspection__lot__number")
    def lot(self, measurement: Measurement) -> SafeString:
        return link_to(measurement.inspection.lot)

    @display(description="Judgement", ordering="conforms")
    def verdict(self, measurement: Measurement) -> SafeString:
        return chip("Conforms", "done") if measurement.conforms else chip("Does not conform", "late")

    @display(description="Corrected", boolean=True)
    def is_corrected(self, measurement: Measurement) -> bool:
        return hasattr(measurement, "corrected_by")
