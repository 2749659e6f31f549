"""Pictures and sheets that are shown to whoever inspects."""

from django.db import models

from mes.core.models import StoredFile
from quality.models.plans import Characteristic, InspectionPlan, stands_still_in_force


class InspectionPicture(models.Model):
    """A picture or a sheet of an inspection plan: of the whole, or of one characteristic."""

    plan = models.ForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="pictures")
    characteristic = models.ForeignKey(
        Characteristic,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="pictures",
        help_text="Empty: of the whole plan",
    )
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(max_length=120, blank=True)

    class Meta:
        triggers = [stands_still_in_force("picture")]

    def __str__(self) -> str:
        return self.caption or self.file.name
