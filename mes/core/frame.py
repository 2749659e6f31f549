"""The frame of every page of the console, by django-unfold: as it comes, but that no page lists what none shows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.apps import DefaultAppConfig
from unfold.sites import UnfoldAdminSite


class Frame(UnfoldAdminSite):
    """Every page is handed the list of all apps and their models, with their addresses; the sidebar has entries of its own instead."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The list, worked out once something looks at it."""
        return SimpleLazyObject(lambda: super(Frame, self).get_app_list(request, app_label))


class FrameConfig(DefaultAppConfig):
    """django-unfold, with this frame as the admin's site."""

    def ready(self) -> None:
        admin.site = sites.site = Frame()
