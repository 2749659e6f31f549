"""Lots: what each is, where it is, whether it may be used and why not, and everything found about it.

Adding a lot is receiving a delivery.
"""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from inventory import services as inventory
from inventory.colours import lot_chip
from inventory.forms import (
    AdjustForm,
    LabelForm,
    ReserveForm,
    SerialiseForm,
    SplitForm,
    TakeOutForm,
    TransferForm,
)
from inventory.models import Lot
from inventory.models.days import day_at
from inventory.models.lots import ZONE
from inventory.quantities import plain
from inventory.renumbering import numbered_before
from mes.core.console import TellingAdmin, link_to, service_action
from mes.core.models import User
from mes.core.signing.pages import ShowsSignatures
from mes.papers.panel import papers_about
from quality import services
from quality.colours import INSPECTION_LEVELS, NONCONFORMANCE_LEVELS
from quality.forms.lots import InspectForm, LotForm, ReceiveForm, ReleaseForm
from quality.forms.nonconformances import ReportForm
from quality.forms.reasons import ReasonForm
from quality.models import Inspection, Measurement, Nonconformance

ADD_MOVE = "inventory.add_move"
JUDGE_LOT = "inventory.judge_lot"
SHOWN = 30
BUTTONS = 4
RELEASABLE = {Lot.Status.QUARANTINE, Lot.Status.HELD}
HOLDABLE = {Lot.Status.QUARANTINE, Lot.Status.RELEASED, Lot.Status.IN_PROCESS, Lot.Status.REJECTED}


class UsableFilter(admin.SimpleListFilter):
    title = "may be used"
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Usable now"), ("stock", "On hand"), ("expired", "Expired, on hand")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        lots: Any = queryset
        today = day_at(timezone.now(), ZONE)
        chosen: dict[str | None, Any] = {
            "yes": lambda: lots.usable(today).in_stock(),
            "stock": lots.in_stock,
            "expired": lambda: lots.in_stock().filter(expires_on__lt=today),
        }
        found: QuerySet[Lot] = chosen.get(self.value(), lambda: lots)()
        return found


@admin.register(Lot)
class LotAdmin(ShowsSignatures, TellingAdmin):
    change_form_outer_before_template = "quality/lot.html"
    list_display = [
        "number",
        "item",
        "description",
        "disposition",
        "present",
        "kept",
        "expires_on",
        "made_at",
    ]
    list_filter = [
        "status",
        UsableFilter,
        "item__site",
        "item__kind",
        ("expires_on", RangeDateFilter),
        ("made_at", RangeDateFilter),
    ]
    list_filter_submit = True
    list_select_related = ["item", "supplier"]
    search_fields = ["number", "supplier_lot", "item__number", "item__description"]
    ordering = ["-made_at", "-pk"]
    actions = [
        service_action(
            "Release",
            services.release_lot,
            form=ReleaseForm,
            permission=JUDGE_LOT,
            when=lambda lot: lot.status in RELEASABLE,
            icon="check_circle",
            description="It may be issued and shipped from then on.",
        ),
        service_action(
            "Hold…",
            inventory.hold_lot,
            permission=JUDGE_LOT,
            form=ReasonForm,
            when=lambda lot: lot.status in HOLDABLE,
            icon="pan_tool",
        ),
        service_action(
            "Transfer…", inventory.transfer, form=TransferForm, permission=ADD_MOVE, icon="move_down"
        ),
        service_action(
            "Report nonconformance…",
            services.open_nonconformance,
            form=ReportForm,
            permission="quality.add_nonconformance",
            icon="report",
            description="The lot is held until it is decided.",
        ),
        service_action(
            "Inspect…",
            services.ask_for_inspection,
            form=InspectForm,
            permission="quality.add_inspection",
            icon="straighten",
            description="An inspection that nothing else asks for, by a plan in force for the item.",
        ),
        service_action(
            "Labels…",
            inventory.issue_labels,
            form=LabelForm,
            permission="papers.issue_label",
            icon="label",
            description="With GS1 barcodes where the item has a GTIN; numbered and kept like every paper.",
        ),
        service_action("Put away", inventory.put_away, permission=ADD_MOVE, icon="shelves"),
        service_action(
            "Adjust…", inventory.adjust, form=AdjustForm, permission="inventory.adjust_stock", icon="exposure"
        ),
        service_action(
            "Reserve…",
            inventory.reserve,
            form=ReserveForm,
            permission="inventory.add_reservation",
            icon="lock",
        ),
        service_action("Split…", inventory.split_lot, form=SplitForm, permission=ADD_MOVE, icon="call_split"),
        service_action(
            "Serialise…", inventory.serialise, form=SerialiseForm, permission=ADD_MOVE, icon="tag"
        ),
        service_action(
            "Return to supplier…",
            inventory.return_to_supplier,
            form=TakeOutForm,
            permission=ADD_MOVE,
            when=lambda lot: lot.supplier_id is not None,
            icon="assignment_return",
        ),
        service_action(
            "Reject…",
            inventory.reject_lot,
            permission=JUDGE_LOT,
            form=ReasonForm,
            when=lambda lot: lot.may_move_to(Lot.Status.REJECTED),
            icon="block",
        ),
        service_action("Scrap…", inventory.scrap, form=TakeOutForm, permission=ADD_MOVE, icon="delete"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        found: Any = super().get_queryset(request)
        lots: QuerySet[Lot] = found.with_on_hand().select_related("item__site", "supplier")
        return lots

    def __init__(self, model: type[Lot], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        named = list(self.service_actions)
        # So many buttons do not fit: the rarer ones open below the last.
        self.actions_detail = [
            *named[:BUTTONS],
            {"title": "More", "icon": "more_horiz", "items": named[BUTTONS:]},
        ]

    def told_of(self, obj: Any) -> dict[str, Any]:
        return _story(obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = (extra_context or {}) | {"title": "Receive a delivery"}
        shown: HttpResponse = super().add_view(request, form_url, context)
        return shown

    @display(description="Papers")
    def papers(self, lot: Lot) -> SafeString:
        return papers_about(lot)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "item__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            arrived = [("item", "quantity"), ("supplier", "supplier_lot"), ("expected_receipt", "reference")]
            return [(None, {"fields": [*arrived, ("number", "expires_on"), "attributes", "location"]})]
        return [
            (
                None,
                {
                    "fields": [
                        ("item", "made_at"),
                        ("supplier", "supplier_lot"),
                        "expires_on",
                        "attributes",
                        "papers",
                    ]
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ["item", "made_at", "papers"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = LotForm if obj else ReceiveForm
        return super().get_form(request, obj, change=change, **kwargs | {"form": form})

    def save_model(self, request: HttpRequest, obj: Lot, form: Any, change: Any) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        received = services.receive(**form.service_input(), by=cast("User", request.user), at=timezone.now())
        obj.__dict__.update(received.__dict__)

    @display(description="What it is", ordering="item__description")
    def description(self, lot: Lot) -> str:
        return lot.item.description

    @display(description="Disposition", ordering="status")
    def disposition(self, lot: Lot) -> SafeString:
        return lot_chip(lot)

    @display(description="On hand", ordering="on_hand")
    def present(self, lot: Any) -> str:
        return f"{plain(lot.on_hand)} {lot.item.unit}"

    @display(description="Reserved", ordering="reserved")
    def kept(self, lot: Any) -> str:
        return f"{plain(lot.reserved)} {lot.item.unit}" if lot.reserved else "–"


def _story(lot: Lot) -> dict[str, Any]:
    """May it be used, where is it, what was found about it, what happened to it: the newest of each."""
    # What was found about the goods was found under the number that they bore then.
    numbers = numbered_before(lot.pk)
    waits = services.what_it_waits_for(lot)
    measurements = Measurement.objects.standing().filter(inspection__lot=lot)
    inspections = (
        Inspection.objects.filter(lot__in=numbers).select_related("plan", "lot").order_by("-opened_at", "-pk")
    )
    nonconformances = (
        Nonconformance.objects.filter(lot__in=numbers).select_related("lot").order_by("-opened_at", "-pk")
    )
    return {
        "lot": lot,
        "chip": lot_chip(lot),
        "shown": SHOWN,
        "unusable": lot.unusable_because(timezone.now().astimezone(lot.item.site.zone).date()),
        "waits": waits,
        "where": [link_to(each) for each in waits.see if each != lot] if waits else [],
        "balances": lot.balances.on_hand().select_related("location__site").order_by("pk"),
        "claims": lot.reservations.open().order_by("made_at", "pk"),
        "moves": lot.moves.select_related("source", "destination", "by", "transformation").order_by("-pk")[
            :SHOWN
        ],
        "inspections": [
            (each, INSPECTION_LEVELS[Inspection.Status(each.status)]) for each in inspections[:SHOWN]
        ],
        "nonconformances": [
            (each, NONCONFORMANCE_LEVELS[Nonconformance.Status(each.status)])
            for each in nonconformances[:SHOWN]
        ],
        "of_piece": services.results_of_piece(lot, numbers - {lot.pk}) if lot.is_serial else [],
        "former": Lot.objects.filter(pk__in=numbers - {lot.pk}).order_by("made_at", "pk"),
        "measurements": measurements.select_related("characteristic", "inspection__plan", "by").order_by(
            "-pk"
        )[:SHOWN],
    }
