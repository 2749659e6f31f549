"""Give the roles of the plant their permissions; run after every `migrate`."""

from typing import Any

from django.core.management.base import BaseCommand

from mes.core.roles import ensure_roles


class Command(BaseCommand):
    help = "Make the groups planner, operator, inspector, manager and integrator hold the permissions of their roles."

    def handle(self, *args: Any, **options: Any) -> None:
        for group in ensure_roles():
            self.stdout.write(f"{group.name}: {group.permissions.count()} permissions")
