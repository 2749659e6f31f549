"""What people type to issue a paper: nothing the first time, the reason ever after."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Model

from mes.core.forms import ServiceForm
from mes.core.signing.forms import SigningForm
from mes.papers.demands import is_demanded
from mes.papers.models import Paper, references_to
from mes.papers.services import MEANINGS


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


class SignedPaperForm(PaperForm, SigningForm):
    """Of a kind that is signed where the rules demand it; `is_regulated` tells whether one of its objects is regulated."""

    def __init__(self, *args: Any, objects: Sequence[Model] = (), **kwargs: Any) -> None:
        self.meaning = MEANINGS[self.kind]  # type: ignore[misc]  # follows from the kind
        regulated = any(self.is_regulated(each) for each in objects)
        self.always = is_demanded(self.meaning, is_regulated=regulated)  # type: ignore[misc]  # known once there are objects
        super().__init__(*args, objects=objects, **kwargs)

    def is_regulated(self, each: Any) -> bool:
        """Whether what the paper is to be about is a regulated item."""
        return False


class TravelerForm(PaperForm):
    kind = Paper.Kind.TRAVELER


class LabelForm(PaperForm):
    kind = Paper.Kind.LABEL
