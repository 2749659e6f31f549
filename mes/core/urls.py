"""Endpoints of the ground: tokens, and a problem in JSON where no route leads. Included last below `/api/v1/`."""

from django.urls import URLPattern, path, re_path

from mes.core.tokens import TokenView
from mes.core.views import UnknownRoute

urlpatterns: list[URLPattern] = [
    path("tokens/", TokenView.as_view(), name="tokens"),
    re_path(r"^.*/$", UnknownRoute.as_view()),
]
