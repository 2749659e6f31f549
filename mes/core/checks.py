"""Checks of the installation: `python manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError

from mes.core.sealing.verify import protections


@register(Tags.database)
def protections_are_on(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every trigger that keeps the history, and that keeps it from being changed, is installed and enabled."""
    if not databases:
        return []
    try:
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
