"""People and machine accounts."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person or a machine account; what it may do comes from its groups (see `mes.core.roles`)."""

    is_machine = models.BooleanField(
        "machine account", default=False, help_text="Another system. It never signs: only people do."
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username
