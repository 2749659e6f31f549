"""Console of the ground: people and their roles, the log of facts, and deliveries that need somebody."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from mes.core import outbox
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ReadOnlyInline, service_action
from mes.core.models import Fact, FactDelivery, User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], ConsoleAdmin):  # type: ignore[misc]  # both get_form's take what Django hands them
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active", "is_staff"]
    ordering = ["username"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only a superuser makes superusers or hands out single permissions; others hand out roles, but not to themselves."""
        fixed = list(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fixed
        own = ["groups"] if obj == request.user else []
        return [*fixed, "is_superuser", "user_permissions", *own]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return bool(super().has_change_permission(request, obj)) and not above

    @display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "none"


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ConsoleAdmin):
    pass


class DeliveryInline(ReadOnlyInline):
    model = FactDelivery
    fields = ["subscriber", "status", "attempts", "done_at"]


@admin.register(Fact)
class FactAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "recorded_at", "payload"]
    list_filter = ["name", "recorded_at"]
    search_fields = ["name"]
    fields = ["name", "recorded_at", "told"]
    readonly_fields = ["told"]
    ordering = ["-id"]
    inlines = [DeliveryInline]

    @display(description="What it says")
    def told(self, fact: Fact) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(fact.payload, indent=2))


@admin.register(FactDelivery)
class FactDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["fact", "subscriber", "shown_status", "attempts", "due_at", "done_at"]
    list_filter = ["status", "subscriber"]
    list_select_related = ["fact"]
    readonly_fields = ["traceback"]
    exclude = ["error"]
    ordering = ["-id"]
    actions = [
        service_action(
            "Try again",
            outbox.retry_parked,
            when=FactDelivery.is_parked,
            icon="replay",
            description="The delivery gets a fresh set of attempts; the first is made within seconds.",
        )
    ]

    @display(
        description="Status",
        ordering="status",
        label={"Pending": "info", "Done": "success", "Parked": "danger"},
    )
    def shown_status(self, delivery: FactDelivery) -> str:
        return delivery.get_status_display()

    @display(description="Why it failed last")
    def traceback(self, delivery: FactDelivery) -> SafeString:
        return format_html('<pre class="overflow-auto">{}</pre>', delivery.error or "It has not failed.")
