"""Batches: what they are, how they went, their review and their papers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import lot_chip
from inventory.models import Lot
from inventory.quantities import plain
from mes.core import signing
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, link_to, service_action, shown_moment
from mes.core.models import Meaning
from mes.core.signing.pages import ShowsSignatures
from mes.papers.panel import papers_about
from production import services
from production.admin.rework import rework_links
from production.colours import operation_chip, order_chip
from production.first_articles import told_of_batch
from production.forms.batches import AnswerForm, JoinForm, ReviewForm, ReworkForm, SplitForm
from production.forms.papers import BatchRecordForm, FirstArticleForm
from production.instructions import worked_to
from production.models import Batch, GateOverride, Operation
from production.review import oddities
from quality.models import ExceptionAnswer

NOTHING = SafeString("–")


def told_on_page(batch: Batch) -> dict[str, Any]:
    """What the page of a batch opens with: gates that were overridden, its exceptions with what was found about each, and what its steps
    were worked to.
    """
    found = oddities(batch)
    given = ExceptionAnswer.objects.filter(review__kind=batch._meta.label_lower, review__key=batch.pk)
    answers = {each.exception: each for each in given.select_related("by")}
    overrides = GateOverride.objects.filter(operation__batch=batch).order_by("pk")
    return {
        "overrides": overrides.select_related("operation__step", "person", "by"),
        "oddities": [(each, answers.get(each.sentence)) for each in found],
        "unanswered": sum(1 for each in found if each.sentence not in answers),
        "is_reviewed_first": signing.needs_signature(batch, Meaning.REVIEW),
        "is_released": batch.lot is not None and batch.lot.status == Lot.Status.RELEASED,
        "is_signed": not signing.short_of(batch, Meaning.REVIEW),
        "worked_to": worked_to(list(batch.operations.select_related("step").order_by("sequence"))),
    }


def may_be_split(batch: Batch) -> bool:
    """Whether nobody has begun it, and it makes something new."""
    return batch.status in {Batch.Status.PLANNED, Batch.Status.RELEASED} and not batch.makes_nothing_new


def may_be_joined(batch: Batch) -> bool:
    """Whether nobody has begun it, and another of its order that nobody has begun is made in the same way."""
    return may_be_split(batch) and batch.mates().exists()


class OperationInline(ReadOnlyInline):
    model = Operation
    fields = [
        "sequence",
        "step",
        "shown_status",
        "shown_machine",
        "slot_starts_at",
        "slot_ends_at",
        "good",
        "scrap",
        "inspection_link",
    ]
    readonly_fields = [
        "shown_status",
        "shown_machine",
        "slot_starts_at",
        "slot_ends_at",
        "good",
        "scrap",
        "inspection_link",
    ]
    ordering = ["sequence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        found: Any = super().get_queryset(request)
        operations: QuerySet[Operation] = (
            found.with_readiness()
            .with_slot()
            .with_came()
            .select_related("step__work_center", "machine", "batch", "inspection__plan", "inspection__lot")
        )
        return operations

    @display(description="Status")
    def shown_status(self, operation: Operation) -> SafeString:
        return operation_chip(operation)

    @display(description="Machine")
    def shown_machine(self, operation: Any) -> str:
        return str(operation.machine or operation.slot_machine_name or operation.step.work_center)

    @display(description="Start")
    def slot_starts_at(self, operation: Any) -> str:
        return shown_moment(operation.started_at or operation.slot_starts_at)

    @display(description="End")
    def slot_ends_at(self, operation: Any) -> str:
        return shown_moment(operation.finished_at or operation.slot_ends_at)

    @display(description="Good")
    def good(self, operation: Any) -> str:
        return plain(operation.good)

    @display(description="Scrap")
    def scrap(self, operation: Any) -> str:
        return plain(operation.scrap)

    @display(description="Inspection")
    def inspection_link(self, operation: Operation) -> SafeString:
        return link_to(operation.inspection) if operation.inspection else NOTHING


@admin.register(Batch)
class BatchAdmin(ShowsSignatures, ReadOnlyAdmin):
    list_display = [
        "number",
        "item",
        "shown_quantity",
        "shown_status",
        "good",
        "scrap",
        "lot_link",
        "finished_at",
    ]
    list_filter = ["status", "order__site"]
    list_select_related = ["order__item", "lot"]
    search_fields = ["number", "order__number", "order__item__number", "lot__number"]
    ordering = ["-pk"]
    fields = [
        ("number", "order_link", "item"),
        ("shown_status", "plan", "shown_quantity"),
        ("lot_link", "disposition"),
        ("good", "scrap"),
        ("started_at", "finished_at"),
        "rework",
        "first_article",
        "papers",
    ]
    actions = [
        service_action(
            "Split…",
            services.split_batch,
            form=SplitForm,
            when=may_be_split,
            permission="production.change_batch",
            icon="call_split",
            description="It is made as several, side by side where machines are free; only what nobody has begun.",
        ),
        service_action(
            "Join…",
            services.join_batches,
            form=JoinForm,
            when=may_be_joined,
            permission="production.change_batch",
            icon="call_merge",
            description="It is made as one with others of its order; only what nobody has begun.",
        ),
        service_action(
            "Rework…",
            services.plan_rework,
            form=ReworkForm,
            when=lambda batch: batch.status in {Batch.Status.RUNNING, Batch.Status.DONE},
            permission="production.change_batch",
            icon="restart_alt",
            description="Steps are done once more, before the batch goes on, or of a finished one under an order of rework; the "
            "plan finds them a place.",
        ),
        service_action(
            "Answer exceptions…",
            services.answer_exceptions,
            form=AnswerForm,
            permission="inventory.judge_lot",
            when=lambda batch: batch.status == Batch.Status.DONE,
            icon="fact_check",
            description="What was found about them; where its release is reviewed first, each is answered before the review is signed.",
        ),
        service_action(
            "Sign the review…",
            services.sign_review,
            form=ReviewForm,
            permission="inventory.judge_lot",
            when=lambda batch: batch.status == Batch.Status.DONE,
            icon="draw",
            description="You sign that you looked at every exception listed on this page. One more makes the signature void.",
        ),
        service_action(
            "Batch record…",
            services.issue_batch_record,
            form=BatchRecordForm,
            permission="papers.issue_batch_record",
            when=lambda batch: batch.status in {Batch.Status.RUNNING, Batch.Status.DONE},
            icon="description",
            description="Exceptions first, then yields, components, steps, people and measurements, numbered and frozen.",
        ),
        service_action(
            "First article…",
            services.issue_first_article,
            form=FirstArticleForm,
            permission="papers.issue_first_article",
            when=lambda batch: batch.status == Batch.Status.DONE,
            icon="looks_one",
            description="AS9102: part, materials and processes, every characteristic with its result. Waits while a field is blank.",
        ),
    ]
    readonly_fields = [
        "order_link",
        "item",
        "shown_quantity",
        "shown_status",
        "good",
        "scrap",
        "lot_link",
        "disposition",
        "rework",
        "first_article",
        "papers",
    ]
    inlines = [OperationInline]
    change_form_outer_before_template = "production/batch.html"

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        told = told_on_page(kwargs["obj"]) if kwargs.get("obj") is not None else {}
        page: HttpResponse = super().render_change_form(request, context | told, *args, **kwargs)
        return page

    @display(description="Item", ordering="order__item__number")
    def item(self, batch: Batch) -> SafeString:
        return link_to(batch.order.item)

    @display(description="Order")
    def order_link(self, batch: Batch) -> SafeString:
        return link_to(batch.order)

    @display(description="Status", ordering="status")
    def shown_status(self, batch: Batch) -> SafeString:
        return order_chip(batch)

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, batch: Batch) -> str:
        return f"{plain(batch.quantity)} {batch.order.item.unit}"

    @display(description="Good", ordering="good_quantity")
    def good(self, batch: Batch) -> str:
        return plain(batch.good_quantity)

    @display(description="Scrap", ordering="scrap_quantity")
    def scrap(self, batch: Batch) -> str:
        return plain(batch.scrap_quantity)

    @display(description="Lot", ordering="lot__number")
    def lot_link(self, batch: Batch) -> SafeString:
        return link_to(batch.lot) if batch.lot else NOTHING

    @display(description="Rework")
    def rework(self, batch: Batch) -> SafeString:
        return rework_links(batch) or NOTHING

    @display(description="First article")
    def first_article(self, batch: Batch) -> str:
        return told_of_batch(batch, timezone.now())

    @display(description="Papers")
    def papers(self, batch: Batch) -> SafeString:
        return papers_about(batch)

    @display(description="Lot is")
    def disposition(self, batch: Batch) -> SafeString:
        return lot_chip(batch.lot) if batch.lot else NOTHING
