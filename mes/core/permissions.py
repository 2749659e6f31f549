"""Who may do what: the same model permissions through the API and in the console."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from rest_framework.permissions import BasePermission, DjangoModelPermissions
from rest_framework.request import Request


class RightMissing(PermissionDenied):
    """Somebody lacks one of these permissions (`app.codename`); the console's page says which, and who has it."""

    def __init__(self, *permissions: str) -> None:
        super().__init__(", ".join(permissions))
        self.permissions = permissions


class ModelPermissions(DjangoModelPermissions):
    """Django's model permissions, with the view permission asked for reads too."""

    perms_map = DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
    }


def requires(permission: str | None) -> type[BasePermission]:
    """A permission class that asks for `permission` (`app.codename`), or to change the view's model when None."""

    class Requires(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            return bool(request.user.is_authenticated and request.user.has_perm(permission or _change(view)))

    return Requires


def _change(view: Any) -> str:
    model: type[Model] = view.get_queryset().model
    return f"{model._meta.app_label}.change_{model._meta.model_name}"
