"""Work instructions: written and approved here, read here by everybody."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, ReadOnlyInline, link_to, service_action
from mes.core.drafts import ChangesAsDraft
from mes.core.models import User
from mes.core.signing.pages import ShowsSignatures
from mes.core.states import RevisionStatus, is_draft
from production import services
from production.colours import instruction_chip
from production.forms.instructions import (
    ApproveInstructionForm,
    AttachForm,
    InstructionForm,
    ReviseInstructionForm,
    WithdrawForm,
)
from production.instruction_pages import page_of
from production.instructions import MAY_WRITE, readable_by
from production.models import (
    Acknowledgement,
    Instruction,
    InstructionFile,
    InstructionVersion,
)

MAY_APPROVE = "production.approve_instructionversion"
Status = InstructionVersion.Status


class VersionInline(ReadOnlyInline):
    model = InstructionVersion
    fields = [
        "version_link",
        "shown_status",
        "must_be_read",
        "effective_from",
        "effective_until",
        "change",
        "readers",
    ]
    readonly_fields = ["version_link", "shown_status", "readers"]
    ordering = ["-pk"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InstructionVersion]:
        found = readable_by(request.user, super().get_queryset(request), at=timezone.now())
        return found.select_related("instruction").annotate(readings=Count("acknowledgements"))

    @display(description="Version")
    def version_link(self, version: InstructionVersion) -> SafeString:
        return link_to(version)

    @display(description="Status")
    def shown_status(self, version: InstructionVersion) -> SafeString:
        return instruction_chip(version, timezone.now())

    @display(description="Read by")
    def readers(self, version: Any) -> int:
        return int(version.readings)


@admin.register(Instruction)
class InstructionAdmin(ConsoleAdmin):
    """Documents by number; each with its versions."""

    list_display = ["number", "title", "in_force", "next_version", "steps_to_it"]
    search_fields = ["number", "title"]
    ordering = ["number"]
    inlines = [VersionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Instruction]:
        found: QuerySet[Instruction] = super().get_queryset(request)
        now = timezone.now()
        versions = InstructionVersion.objects.filter(instruction=OuterRef("pk"))
        coming = versions.filter(Q(status=Status.DRAFT) | Q(effective_from__gt=now)).exclude(
            status=Status.SUPERSEDED
        )
        return found.annotate(
            revision_in_force=Subquery(versions.effective(now).values("revision")[:1]),
            revision_to_come=Subquery(coming.order_by("-pk").values("revision")[:1]),
            status_to_come=Subquery(coming.order_by("-pk").values("status")[:1]),
            steps_in_force=Count("steps", filter=Q(steps__plan__status=RevisionStatus.APPROVED)),
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["number", "title"] if obj else [("number", "title"), ("revision", "must_be_read"), "text"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["number"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(
            request, obj, change=change, **kwargs | ({} if obj else {"form": InstructionForm})
        )

    def save_model(self, request: HttpRequest, obj: Instruction, form: ModelForm[Any], change: Any) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        version = services.write_instruction(
            **form.cleaned_data, by=cast("User", request.user), at=timezone.now()
        )
        obj.pk = version.instruction_id

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        draft = InstructionVersion.objects.get(instruction=obj.pk)
        return HttpResponseRedirect(reverse("admin:production_instructionversion_change", args=[draft.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="In force")
    def in_force(self, instruction: Any) -> SafeString:
        revision = instruction.revision_in_force
        return chip(f"rev {revision}", "done") if revision else chip("None", "late")

    @display(description="Next")
    def next_version(self, instruction: Any) -> SafeString | str:
        if not instruction.revision_to_come:
            return "–"
        word = "draft" if instruction.status_to_come == Status.DRAFT else "approved"
        return chip(f"rev {instruction.revision_to_come} {word}", "planned")

    @display(description="Steps worked to it")
    def steps_to_it(self, instruction: Any) -> int:
        return int(instruction.steps_in_force)


class FileInline(ReadOnlyInline):
    model = InstructionFile
    verbose_name_plural = "Files"
    fields = ["name", "size"]
    readonly_fields = ["size"]
    ordering = ["name"]
    show_change_link = False
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[InstructionFile]:
        found: QuerySet[InstructionFile] = super().get_queryset(request)
        return found.select_related("file")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and is_draft(obj) and request.user.has_perm(MAY_WRITE)

    @display(description="Size")
    def size(self, attached: InstructionFile) -> str:
        return f"{attached.file.size / 1000:,.0f} kB"


class ReaderInline(ReadOnlyInline):
    model = Acknowledgement
    verbose_name_plural = "Read and understood by"
    fields = ["by", "at"]
    ordering = ["-at", "-pk"]
    show_change_link = False
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Acknowledgement]:
        found: QuerySet[Acknowledgement] = super().get_queryset(request)
        return found.select_related("by")


@admin.register(InstructionVersion)
class InstructionVersionAdmin(ShowsSignatures, ChangesAsDraft, ConsoleAdmin):
    """A version as it is read; while it is a draft, also as it is written."""

    list_display = ["__str__", "title", "shown_status", "must_be_read", "effective_from", "effective_until"]
    list_filter = ["status", "must_be_read"]
    list_select_related = ["instruction"]
    search_fields = ["instruction__number", "instruction__title", "text"]
    ordering = ["instruction__number", "-pk"]
    fields = ["text", ("change", "must_be_read")]
    inlines = [FileInline, ReaderInline]
    change_form_outer_before_template = "production/instruction.html"
    actions = [
        service_action(
            "Read and understood",
            services.acknowledge,
            permission="production.add_acknowledgement",
            when=lambda version: not is_draft(version),
            icon="task_alt",
            description="You have read this version and will work to it. It is kept with your name and the time.",
        ),
        service_action(
            "Attach file…",
            services.attach_file,
            form=AttachForm,
            when=is_draft,
            icon="attach_file",
        ),
        service_action(
            "Approve…",
            services.approve_instruction,
            form=ApproveInstructionForm,
            permission=MAY_APPROVE,
            when=is_draft,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="It is what people at the machines see from then on; the version before it is superseded.",
        ),
        service_action(
            "Revise…",
            services.revise_instruction,
            form=ReviseInstructionForm,
            permission="production.add_instructionversion",
            when=lambda version: not is_draft(version),
            icon="content_copy",
            goes_on=True,
        ),
        service_action(
            "Withdraw…",
            services.withdraw_instruction,
            form=WithdrawForm,
            permission=MAY_APPROVE,
            when=lambda version: version.status == Status.APPROVED,
            icon="block",
            variant=ActionVariant.DANGER,
            description="Steps that are worked to it cannot be started until another version is in force.",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InstructionVersion]:
        found = readable_by(request.user, super().get_queryset(request), at=timezone.now())
        return found.select_related("instruction", "approved_by", "written_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To whoever does not write them, a version that is not in force is not shown, nor a link to it."""
        may_read = obj is None or request.user.has_perm(MAY_WRITE) or obj.is_effective(timezone.now())
        return may_read and bool(super().has_view_permission(request, obj))

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Files are attached to a draft; of an approved version the page above shows them where they belong."""
        return self.inlines if self.has_change_permission(request, obj) else [ReaderInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of an approved version the page above the fields shows everything."""
        return self.fields if self.has_change_permission(request, obj) else [("change", "must_be_read")]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version = kwargs.get("obj")
        if version is not None:
            reader = cast("User", request.user)
            context = context | {"page": page_of(version, reader=reader, at=timezone.now())}
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @display(description="Title", ordering="instruction__title")
    def title(self, version: InstructionVersion) -> str:
        return version.instruction.title

    @display(description="Status", ordering="status")
    def shown_status(self, version: InstructionVersion) -> SafeString:
        return instruction_chip(version, timezone.now())
