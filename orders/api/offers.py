"""Dates before there is an order, and dates promised for lines of one."""

from typing import Any

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from orders import inputs, services
from orders.models import Offer, Promise
from orders.offered import held_by_each
from orders.outputs import AnswerSerializer, OfferSerializer, PromiseSerializer


class OfferViewSet(ReadViewSet[Offer]):
    """Dates asked for before there is an order: each answer with what is kept for it until it expires."""

    queryset = Offer.objects.select_related("item", "line")
    serializer_class = OfferSerializer
    filterset_fields = {
        "status": ["exact"],
        "item": ["exact"],
        "customer": ["exact"],
        "inquiry": ["exact"],
        "line": ["exact"],
        "line__order": ["exact"],
        "expires_at": ["gte", "lt"],
    }
    search_fields = ["number", "inquiry", "item__number", "customer__name"]
    ordering_fields = ["made_at", "expires_at", "promised_date"]

    create = create_endpoint(services.make_offer, input=inputs.OfferInput)
    ask = service_endpoint(
        services.ask_promise,
        input=inputs.QuestionInput,
        output=AnswerSerializer,
        permission="orders.view_offer",
        detail=False,
    )
    accept = service_endpoint(services.accept_offer, input=inputs.AcceptInput)
    withdraw = service_endpoint(services.withdraw_offer, input=inputs.OrderReasonInput)

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of offers, what they keep read at once for all of them."""
        page = super().paginate_queryset(queryset)
        if page is not None:
            held = held_by_each(page)
            for offer in page:
                offer.held = held.get(offer.pk, [])
        return page


class PromiseViewSet(ReadViewSet[Promise]):
    """Dates given to customers for lines of their orders, the latest of a line being the one that stands."""

    queryset = Promise.objects.all()
    serializer_class = PromiseSerializer
    filterset_fields = ["line", "line__order"]
