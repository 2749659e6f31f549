"""Checks of the installation: `python manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from mes.core.sealing.verify import protections
from mes.plant_settings import LEAST


@register()
def numbers_are_in_their_range(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """No setting of the plant's own asks for what cannot be, such as a search by no worker."""
    return [
        Error(
            f"MES_{name} is {settings.MES[name]}; it must be {bound} or more.",
            hint="Change it in the environment or in .env and start again.",
            id="mes.E002",
        )
        for name, bound in LEAST.items()
        if settings.MES[name] < bound
    ]


def _is_behind() -> bool:
    """Whether migrations wait to be applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@register(Tags.database)
def protections_are_on(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every trigger that keeps the history, and that keeps it from being changed, is installed and enabled."""
    if not databases:
        return []
    try:
        if _is_behind():
            return []  # `migrate` runs this first, and is what installs those that came with a release
        off = list(protections())
    except DatabaseError:
        return []  # no database to look at yet
    return [
        Error(
            fault.sentence,
            hint="Run migrate; if it was switched off on purpose, ask who did and why.",
            id="mes.E001",
        )
        for fault in off
    ]
