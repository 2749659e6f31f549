"""API tokens: ask for one with a user name and password, send it as `Authorization: Token …`, give it back when done."""

from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from mes.core.unknown import read_body


class WrongCredentials(exceptions.AuthenticationFailed):
    default_detail = "User name and password do not match, or the account is not active."
    default_code = "wrong_credentials"
    remedy = "Check both and try again; after too many failures an administrator unlocks the account."


class LoginThrottle(SimpleRateThrottle):
    """Guessing passwords is slow: every attempt of an address counts, whoever it says it is."""

    scope = "login"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class CredentialsInput(serializers.Serializer[Any]):
    username = serializers.CharField()
    password = serializers.CharField(style={"input_type": "password"}, trim_whitespace=False)


class TokenOutput(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown this once; the server keeps only a hash of it.")
    expiry = serializers.DateTimeField(allow_null=True)


class TokenView(APIView):
    """Hand out and take back tokens."""

    authentication_classes = [TokenAuthentication]

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        return [LoginThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(request=CredentialsInput, responses={201: TokenOutput}, auth=[])
    def post(self, request: Request) -> Response:
        """A new token for these credentials."""
        user = authenticate(request, **read_body(CredentialsInput, request))
        if user is None:
            raise WrongCredentials
        row, token = AuthToken.objects.create(user=user)
        return Response(TokenOutput({"token": token, "expiry": row.expiry}).data, 201)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Make the token of this request invalid."""
        request.auth.delete()
        return Response(status=204)
