"""Endpoints of the ground, included last below `/api/v1/`: the last route answers wherever no other leads."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from mes.core.signing.api import AccessAttemptViewSet, SignaturePolicyViewSet, SignatureViewSet
from mes.core.tokens import TokenView
from mes.core.trail_api import AuditTrailView
from mes.core.views import FactDeliveryViewSet, FactViewSet, UnknownRoute

router = SimpleRouter()
router.register("facts", FactViewSet)
router.register("fact-deliveries", FactDeliveryViewSet)
router.register("signatures", SignatureViewSet)
router.register("signature-rules", SignaturePolicyViewSet)
router.register("access-attempts", AccessAttemptViewSet)

urlpatterns: list[URLPattern | URLResolver] = [
    path("tokens/", TokenView.as_view(), name="tokens"),
    path("audit-trail/", AuditTrailView.as_view(), name="audit-trail"),
    *router.urls,
    re_path(r"^.*/$", UnknownRoute.as_view()),
]
