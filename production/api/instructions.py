"""Work instructions: documents, their versions and files, what a step is worked to, and who has read what."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.files import file_response
from mes.core.models import User
from mes.core.signing.inputs import SignatureField
from production import services
from production.instructions import Binding, readable_by
from production.models import (
    Acknowledgement,
    Instruction,
    InstructionFile,
    InstructionVersion,
    StepInstruction,
)

MAY_APPROVE = "production.approve_instructionversion"


class WriteInstructionInput(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=40)
    title = serializers.CharField(max_length=160)
    text = serializers.CharField(required=False, allow_blank=True, help_text="Markdown")
    must_be_read = serializers.BooleanField(required=False)
    revision = serializers.CharField(max_length=10, required=False, help_text="Left out: A")


class ReviseInstructionInput(serializers.Serializer[Any]):
    revision = serializers.CharField(max_length=10)
    change = serializers.CharField(max_length=300, help_text="What is going to be different, and why")


class AttachInput(serializers.Serializer[Any]):
    """Sent as `multipart/form-data`."""

    file = serializers.FileField(allow_empty_file=True, help_text="A PDF or a picture: PNG, JPEG, WebP")
    name = serializers.CharField(
        max_length=120, required=False, help_text="What the text calls it; left out: the file's own name"
    )


class ApproveInstructionInput(serializers.Serializer[Any]):
    effective_from = serializers.DateTimeField(required=False, help_text="Left out: now")
    signature = SignatureField(help_text="Needed where the rules demand it")


class WithdrawInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class InstructionFileSerializer(serializers.ModelSerializer[InstructionFile]):
    content_type = serializers.CharField(source="file.content_type", read_only=True)
    size = serializers.IntegerField(source="file.size", read_only=True, help_text="In bytes")
    sha256 = serializers.CharField(source="file.sha256", read_only=True)
    url = serializers.SerializerMethodField(help_text="Where the file itself is")

    class Meta:
        model = InstructionFile
        fields = ["id", "version", "name", "content_type", "size", "sha256", "url"]

    def get_url(self, attached: InstructionFile) -> str:
        return reverse("instruction-files-content", args=[attached.pk])


class InstructionVersionSerializer(serializers.ModelSerializer[InstructionVersion]):
    number = serializers.CharField(source="instruction.number", read_only=True)
    title = serializers.CharField(source="instruction.title", read_only=True)
    files = InstructionFileSerializer(many=True, read_only=True)

    class Meta:
        model = InstructionVersion
        fields = [
            "id",
            "instruction",
            "number",
            "title",
            "revision",
            "text",
            "change",
            "must_be_read",
            "status",
            "written_by",
            "written_at",
            "approved_by",
            "approved_at",
            "effective_from",
            "effective_until",
            "files",
        ]
        read_only_fields = [
            "instruction",
            "revision",
            "status",
            "written_by",
            "written_at",
            "approved_by",
            "approved_at",
            "effective_from",
            "effective_until",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            services.require_draft_version(self.instance)
        return attrs


class AcknowledgementSerializer(serializers.ModelSerializer[Acknowledgement]):
    class Meta:
        model = Acknowledgement
        fields = ["id", "version", "by", "at"]


class InstructionSerializer(serializers.ModelSerializer[Instruction]):
    class Meta:
        model = Instruction
        fields = ["id", "number", "title"]


class InstructionViewSet(ReadViewSet[Instruction]):
    """Work instructions by number. POST begins one with the draft of its first version, which is the answer."""

    queryset = Instruction.objects.all()
    serializer_class = InstructionSerializer
    filterset_fields = ["number"]
    search_fields = ["number", "title"]
    ordering_fields = ["number"]

    create = create_endpoint(
        services.write_instruction, input=WriteInstructionInput, output=InstructionVersionSerializer
    )


class InstructionVersionViewSet(
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadViewSet[InstructionVersion]
):
    """Versions of instructions. Whoever does not write them is shown only what is in force now."""

    queryset = InstructionVersion.objects.select_related("instruction").prefetch_related("files__file")
    serializer_class = InstructionVersionSerializer
    filterset_fields = ["instruction", "instruction__number", "status", "must_be_read"]
    search_fields = ["instruction__number", "instruction__title", "text"]
    ordering_fields = ["effective_from"]

    approve = service_endpoint(
        services.approve_instruction, input=ApproveInstructionInput, permission=MAY_APPROVE
    )
    withdraw = service_endpoint(services.withdraw_instruction, input=WithdrawInput, permission=MAY_APPROVE)
    revise = service_endpoint(
        services.revise_instruction,
        input=ReviseInstructionInput,
        output=InstructionVersionSerializer,
        permission="production.add_instructionversion",
    )
    acknowledge = service_endpoint(
        services.acknowledge, output=AcknowledgementSerializer, permission="production.add_acknowledgement"
    )
    attach = service_endpoint(services.attach_file, input=AttachInput, output=InstructionFileSerializer)

    def get_queryset(self) -> QuerySet[InstructionVersion]:
        return readable_by(self.request.user, super().get_queryset(), at=timezone.now())

    def perform_destroy(self, instance: InstructionVersion) -> None:
        services.require_draft_version(instance)
        instance.delete()


class AcknowledgementViewSet(ReadViewSet[Acknowledgement]):
    """Who has read and understood which version, and when."""

    queryset = Acknowledgement.objects.all()
    serializer_class = AcknowledgementSerializer
    filterset_fields = ["version", "version__instruction", "by"]


class InstructionFileViewSet(mixins.DestroyModelMixin, ReadViewSet[InstructionFile]):
    """Pictures and PDFs of versions; `content` is the file itself. Deleting one takes it off a draft."""

    queryset = InstructionFile.objects.select_related("file", "version__instruction")
    serializer_class = InstructionFileSerializer
    filterset_fields = ["version"]

    def get_queryset(self) -> QuerySet[InstructionFile]:
        versions = readable_by(self.request.user, InstructionVersion.objects.all(), at=timezone.now())
        return super().get_queryset().filter(version__in=versions)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True)
    def content(self, request: Request, pk: str) -> HttpResponse:
        """The file itself, in the type it has."""
        return file_response(self.get_object().file)

    def perform_destroy(self, instance: InstructionFile) -> None:
        services.remove_file(instance, by=cast("User", self.request.user), at=timezone.now())


class StepInstructionSerializer(serializers.ModelSerializer[StepInstruction]):
    class Meta:
        model = StepInstruction
        fields = ["id", "plan", "step", "instruction"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for plan in filter(None, [getattr(self.instance, "plan", None), attrs.get("plan")]):
            services.require_draft(plan)
        plan = attrs.get("plan") or self.instance.plan  # type: ignore[union-attr]  # one or the other
        step = attrs.get("step") or self.instance.step  # type: ignore[union-attr]  # as above
        if step.plan_id != plan.pk:
            raise serializers.ValidationError({"step": ["Choose a step of the same plan."]})
        return attrs


class StepInstructionViewSet(MasterDataViewSet[StepInstruction]):
    """Which instructions a step is worked to; part of its process plan, so changed only in a draft."""

    queryset = StepInstruction.objects.select_related("plan__item", "step", "instruction")
    serializer_class = StepInstructionSerializer
    filterset_fields = ["plan", "step", "instruction"]

    def perform_destroy(self, instance: StepInstruction) -> None:
        services.require_draft(instance.plan)
        instance.delete()


class BindingSerializer(serializers.Serializer[Any]):
    """What an operation is worked to: `version` is the one in force, null where there is none."""

    instruction = InstructionSerializer()
    version = serializers.SerializerMethodField()
    was_read = serializers.BooleanField(help_text="Whether you have read and understood that version")
    waits_for_reading = serializers.BooleanField(help_text="Whether you must, before you may start")

    @extend_schema_field(InstructionVersionSerializer(allow_null=True))
    def get_version(self, binding: Binding) -> Any:
        return InstructionVersionSerializer(binding.version).data if binding.version else None


class VersionInForceSerializer(serializers.ModelSerializer[InstructionVersion]):
    class Meta:
        model = InstructionVersion
        fields = ["id", "revision", "must_be_read", "effective_from", "effective_until"]


class WorkedToSerializer(serializers.Serializer[Any]):
    """A work instruction of a step that was begun: `version` is the one in force at `started_at`, null where there was none."""

    operation = serializers.IntegerField(source="operation.pk")
    step = serializers.CharField(source="operation.step.name")
    sequence = serializers.IntegerField(source="operation.sequence")
    started_at = serializers.DateTimeField(source="operation.started_at")
    instruction = InstructionSerializer()
    version = VersionInForceSerializer(allow_null=True)
    later = VersionInForceSerializer(
        many=True, help_text="That came into force while the step was under way, in their order"
    )
    readings = AcknowledgementSerializer(
        many=True, help_text="Of those who worked on it: who has read and understood one of these versions"
    )
