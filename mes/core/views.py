"""Answers of the API that belong to no app."""

from typing import NoReturn

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class UnknownRoute(APIView):
    """Tell in the API's own words that there is nothing here; Django's page would be HTML."""

    permission_classes = [AllowAny]

    def http_method_not_allowed(self, request: Request, *args: object, **kwargs: object) -> NoReturn:
        raise NotFound("There is no such route. See /api/docs/.")
