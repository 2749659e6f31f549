"""What every app's `api.py` is built from: viewset bases, and services exposed as POST endpoints.

An app names its viewsets in `VIEWSETS = {"lots": LotViewSet, …}`; `mes.urls` routes them below `/api/v1/`.

    class LotViewSet(ReadViewSet[Lot]):
        queryset = Lot.objects.select_related("item")
        serializer_class = LotSerializer

        create = create_endpoint(services.receive, input=ReceiveInput)                  # POST /lots/
        quarantine = service_endpoint(services.quarantine_lot, permission="inventory.judge_lot")  # POST /lots/7/quarantine/
        split = service_endpoint(services.split_lot, input=SplitInput, output=LotSerializer)      # POST /lots/7/split/

Each is one call of one service. Failures of any kind reach the client as `mes.core.problems` describes.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.listing import parameters_of_list
from mes.core.permissions import requires
from mes.core.regulated import require_reason, require_reason_to_add
from mes.core.unknown import read_body, refuse_body, refuse_unknown_fields, refuse_unknown_parameters

M = TypeVar("M", bound=Model)
R = TypeVar("R")
SerializerClass = type[serializers.BaseSerializer[Any]]
Service = Callable[..., Any]
View = viewsets.GenericViewSet[Any]


class SteadyOrder(viewsets.GenericViewSet[M]):
    """Pages never overlap or skip: the primary key breaks the ties of whatever order is asked for; newest first by default.

    What is addressed by its key is not looked for by the filters of the list: a parameter of its own may have the name of one.
    A parameter or field that there is not is refused.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in {"list", "retrieve"}:
            known = parameters_of_list(self) if self.action == "list" else []
            refuse_unknown_parameters(request.query_params, known)

    def get_serializer(self, *args: Any, **kwargs: Any) -> serializers.BaseSerializer[M]:
        serializer = super().get_serializer(*args, **kwargs)
        if "data" in kwargs:
            refuse_unknown_fields(serializer, kwargs["data"])
        return serializer

    def filter_queryset(self, queryset: QuerySet[M, R]) -> QuerySet[M, R]:
        if self.detail:
            return queryset
        found = super().filter_queryset(queryset)
        order = found.query.order_by
        return found.order_by(*order, "pk") if order else found.order_by("-pk")


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, SteadyOrder[M]):
    """List and retrieve; writes are endpoints of services."""


class MasterDataViewSet(
    mixins.CreateModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadViewSet[M]
):
    """Plain create, read, update and delete, for tables whose rows are settings (sites, shifts, customers); whole or not at all.

    What is regulated changes only with a reason, in the header `X-Change-Reason`; also by what is added to it.
    """

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[M]) -> None:
        model: type[M] = self.get_queryset().model
        require_reason_to_add(model, serializer.validated_data, self.request)
        super().perform_create(serializer)

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        require_reason(self.get_object(), request)
        return super().update(request, *args, **kwargs)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        require_reason(self.get_object(), request)
        return super().destroy(request, *args, **kwargs)


class CheckedSerializer(serializers.ModelSerializer[M]):
    """Of a table of settings: what the model's own `clean` refuses is refused here too, with the field named."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: type[M] = self.Meta.model
        row = copy(self.instance) if isinstance(self.instance, model) else model()
        plain = {field.name for field in model._meta.concrete_fields}
        for name, value in attrs.items():
            if name in plain:
                setattr(row, name, value)
        try:
            row.clean()
        except ValidationError as refusal:
            raise serializers.ValidationError(serializers.as_serializer_error(refusal)) from refusal
        return attrs


class service_endpoint:  # noqa: N801 - stands where a decorated method would stand
    """Expose a service of one object as `POST /<prefix>/<pk>/<name of this attribute>/`.

    Calls `service(object, **input, by=request.user, at=timezone.now())` and answers with the object, read afresh, in the
    viewset's serializer; or, where `output` is given, with what the service returned.

    :param input: serializer of the body; its validated fields are the service's keyword arguments.
    :param output: serializer of the service's result.
    :param permission: `app.codename` needed; None asks for the permission to change the viewset's model.
    :param detail: False for a service without an object, `POST /<prefix>/<name>/`; `output` is then required.
    """

    def __init__(
        self,
        service: Service,
        *,
        input: SerializerClass | None = None,  # noqa: A002 - the API's own word for it
        output: SerializerClass | None = None,
        permission: str | None = None,
        detail: bool = True,
    ) -> None:
        if not detail and output is None:
            raise TypeError("A service without an object needs an output serializer to answer with.")
        self.service = service
        self.input = input
        self.output = output
        self.permission = permission
        self.detail = detail

    def __set_name__(self, viewset: type, name: str) -> None:
        """Leave one of DRF's extra actions in this attribute's place, under its name."""

        def endpoint(view: View, request: Request, **_: Any) -> Response:
            return self._answer(view, request)

        _name_after(endpoint, self.service, name)
        declare = action(detail=self.detail, methods=["post"], permission_classes=[requires(self.permission)])
        describe = _describe(self.input, self.output, status.HTTP_200_OK)
        setattr(viewset, name, describe(declare(endpoint)))

    def _answer(self, view: View, request: Request) -> Response:
        target = [view.get_object()] if self.detail else []
        result = self.service(*target, **_validated(self.input, view), by=request.user, at=timezone.now())
        if self.output is not None:
            return Response(self.output(result, context=view.get_serializer_context()).data)
        # An object that has left the view's queryset by this very act is still the answer to it.
        fresh = view.get_queryset().filter(pk=target[0].pk).first() or target[0]
        return Response(view.get_serializer(fresh).data)


def create_endpoint(
    service: Service,
    *,
    input: SerializerClass,  # noqa: A002 - as above
    output: SerializerClass | None = None,
) -> Callable[..., Response]:
    """A viewset's `create` (`POST /<prefix>/`, 201) that calls `service(**input, by=request.user, at=timezone.now())`.

    The service returns the new object; `output` defaults to the viewset's serializer. Needs the model's add permission.
    """

    def create(view: View, request: Request, **_: Any) -> Response:
        made = service(**_validated(input, view), by=request.user, at=timezone.now())
        serializer = output or view.get_serializer_class()
        return Response(serializer(made, context=view.get_serializer_context()).data, status.HTTP_201_CREATED)

    _name_after(create, service, "create")
    described: Callable[..., Response] = _describe(input, output, status.HTTP_201_CREATED)(create)
    return described


def _validated(input_class: SerializerClass | None, view: View) -> dict[str, Any]:
    if input_class is None:
        refuse_body(view.request.data)
        return {}
    return read_body(input_class, view.request, view.get_serializer_context())


def _describe(
    request: SerializerClass | None, output: SerializerClass | None, code: int
) -> Callable[..., Any]:
    """OpenAPI: without an output of its own, an endpoint answers in the viewset's serializer, which is the default."""
    if output is None:
        return extend_schema(request=request)
    return extend_schema(request=request, responses={code: output})


def _name_after(endpoint: Callable[..., Any], service: Service, name: str) -> None:
    """Routes take the endpoint's name, and the docs what the service's docstring promises before its field list."""
    endpoint.__name__ = name
    endpoint.__doc__ = (service.__doc__ or "").partition("\n\n    :")[0]
