"""Files that people attach to records. A file is written once; its content has a table of its own, so that lists never read it."""

from django.conf import settings
from django.db import models

from mes.core.states import AppendOnly

LONGEST_NAME = 120
PICTURES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
"""Media types of pictures, each with its suffix."""


class StoredFile(AppendOnly):
    """What is known of a file: name, type, size in bytes, and the hash of its content."""

    name = models.CharField(max_length=LONGEST_NAME)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(help_text="In bytes")
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.content_type in PICTURES


class FileContent(AppendOnly):
    """The bytes of a file."""

    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="stored")
    content = models.BinaryField()
