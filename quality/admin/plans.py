"""Inspection plans. A draft is edited; what is in force is revised."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import revision_chip
from mes.core import signing
from mes.core.console import ConsoleAdmin, ReadOnlyInline, StackedInline, service_action
from mes.core.drafts import ChangesAsDraft, RowsOfADraft
from mes.core.models import Meaning
from mes.core.signing.forms import sign_form
from mes.core.signing.pages import ShowsSignatures
from mes.core.states import is_draft
from quality import services
from quality.forms.plans import ApproveForm, AttachPictureForm, ReviseForm
from quality.models import Characteristic, InspectionPicture, InspectionPlan


class CharacteristicInline(RowsOfADraft, StackedInline):
    model = Characteristic
    extra = 0
    tab = True
    ordering = ["number"]
    fields = [
        ("number", "name", "kind", "is_key"),
        ("nominal", "lower_limit", "upper_limit", "uom"),
        ("method", "gauge_kind", "needs_second_person"),
        ("plausible_lower", "plausible_upper"),
        "instruction",
    ]


class PictureInline(ReadOnlyInline):
    model = InspectionPicture
    tab = True
    ordering = ["pk"]
    fields = ["caption", "characteristic", "shown_file"]
    readonly_fields = ["shown_file"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InspectionPicture]:
        found: QuerySet[InspectionPicture] = super().get_queryset(request)
        return found.select_related("file", "characteristic")

    @display(description="File")
    def shown_file(self, picture: InspectionPicture) -> SafeString:
        address = reverse("inspection-pictures-content", args=[picture.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, picture.file.name)


@admin.register(InspectionPlan)
class InspectionPlanAdmin(ShowsSignatures, ChangesAsDraft, ConsoleAdmin):
    list_display = [
        "__str__",
        "name",
        "item",
        "stage",
        "sampling",
        "shown_status",
        "approved_by",
        "approved_at",
    ]
    list_filter = ["status", "stage", "item__site"]
    list_select_related = ["item", "sampling", "approved_by"]
    search_fields = ["code", "name", "item__number"]
    autocomplete_fields = ["item"]
    ordering = ["code", "-pk"]
    fields = [
        ("code", "revision", "name"),
        ("item", "stage"),
        ("sampling", "identifies_pieces"),
        ("every_minutes", "every_quantity"),
        "instruction",
        "shown_status",
    ]
    readonly_fields = ["shown_status"]
    inlines = [CharacteristicInline, PictureInline]
    actions = [
        service_action(
            "Approve",
            services.approve_inspection_plan,
            form=ApproveForm,
            when=is_draft,
            icon="check_circle",
            description="The revision in force is superseded.",
        ),
        service_action(
            "Sign…",
            signing.sign,
            form=sign_form(Meaning.AUTHOR, Meaning.REVIEW, Meaning.APPROVE),
            when=is_draft,
            icon="draw",
            description="For signatures that go before the approval. A later change of the plan makes them void.",
        ),
        service_action(
            "Revise…",
            services.revise_inspection_plan,
            form=ReviseForm,
            permission="quality.add_inspectionplan",
            when=lambda plan: not is_draft(plan),
            icon="content_copy",
            goes_on=True,
        ),
        service_action(
            "Attach picture…",
            services.attach_picture,
            form=AttachPictureForm,
            when=is_draft,
            icon="add_photo_alternate",
            description="Shown to whoever inspects by this plan.",
        ),
    ]

    @display(description="Status", ordering="status")
    def shown_status(self, plan: InspectionPlan) -> SafeString:
        return revision_chip(plan)
