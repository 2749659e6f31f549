"""Files and messages that demand came in by, with what was not taken as it stood."""

from django.conf import settings
from django.db import models

from mes.core.states import AppendOnly


class DemandImport(AppendOnly):
    """One import: its rows, how many days they made, and each row that was refused or not taken as it stood."""

    name = models.CharField(max_length=200, help_text="Name of the file, or what sent it")
    made_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rows = models.PositiveIntegerField(help_text="Rows with anything in them")
    days = models.PositiveIntegerField(help_text="Days of items that were stated")
    faults = models.JSONField(default=list, help_text="Rows left out: row, column, what is wrong, what to do")
    notes = models.JSONField(
        default=list, help_text="Rows taken otherwise than they stood: row, what was done"
    )

    def __str__(self) -> str:
        return f"{self.name} of {self.made_at:%Y-%m-%d %H:%M}"
