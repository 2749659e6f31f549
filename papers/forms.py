"""What people type to issue a paper: nothing the first time, the reason ever after."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Model

from mes.core.forms import ServiceForm
from papers.models import Paper, references_to


class PaperForm(ServiceForm):
    """Asks for a reason where one of the objects has a paper of this kind already; subclasses say which kind."""

    kind: ClassVar[Paper.Kind]
    reason = forms.CharField(
        max_length=300, help_text="Why it is issued again; it becomes the next revision and says so."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        earlier = Paper.objects.current().filter(kind=self.kind, subject__in=references_to(self.subjects()))
        if not earlier.exists():
            del self.fields["reason"]

    def subjects(self) -> Sequence[Model]:
        """What the paper is issued for: by default what the form is called for."""
        return self.objects


class CertificateForm(PaperForm):
    kind = Paper.Kind.CERTIFICATE


class BatchRecordForm(PaperForm):
    kind = Paper.Kind.BATCH_RECORD


class FirstArticleForm(PaperForm):
    kind = Paper.Kind.FIRST_ARTICLE


class TravelerForm(PaperForm):
    kind = Paper.Kind.TRAVELER


class LabelForm(PaperForm):
    kind = Paper.Kind.LABEL
