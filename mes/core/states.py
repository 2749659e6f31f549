"""State machines and append-only tables, promised by the database.

A state machine is one table, `TRANSITIONS`; Python reads it in `move_to`, PostgreSQL enforces the same table through
`Stateful.Meta.triggers`. A move is a compare-and-set, so of two people who act at once one wins and the
other is told.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.apps import apps
from django.db import models

from mes.core.firsts import who_moved
from mes.core.refusals import DomainError, Stale

Transitions = Mapping[str, set[str]]


class IllegalTransition(DomainError):
    code = "illegal_transition"
    title = "Not possible in this status"


class StatusFollowsTransitions(pgtrigger.FSM):
    """The trigger that holds `status` to the model's own `TRANSITIONS` table."""

    def __init__(self) -> None:
        # pgtrigger wants transitions now; the model's table is only reachable once the model exists.
        super().__init__(name="status_follows_transitions", field="status", transitions=[("", "")])

    def get_func(self, model: Any) -> str:
        # While migrations are made, `model` is a historical stand-in without the table; the real one has it.
        table: Transitions = apps.get_model(model._meta.label).TRANSITIONS
        self.transitions = sorted(
            (str(old), str(new)) for old, following in table.items() for new in following
        )
        rendered: str = super().get_func(model)  # type: ignore[no-untyped-call]  # pgtrigger types only parts of itself
        return rendered


class Stateful(models.Model):
    """A row with a `status` that moves only along `TRANSITIONS`."""

    TRANSITIONS: ClassVar[Transitions]
    status: Any

    class Meta:
        abstract = True
        triggers = [StatusFollowsTransitions()]

    def may_move_to(self, status: str) -> bool:
        return status in self.TRANSITIONS.get(self.status, set())

    def move_to(self, status: str, **changes: Any) -> None:
        """Move to `status` and set `changes` in the same statement.

        :raises IllegalTransition: when no transition leads there; it says who was first, and when.
        :raises Stale: when the row moved meanwhile.
        """
        if not self.may_move_to(status):
            field: Any = self._meta.get_field("status")
            choices = dict(field.flatchoices)
            allowed = ", ".join(
                str(choices[s]).lower() for s in sorted(self.TRANSITIONS.get(self.status, set()))
            )
            now, wanted = str(choices[self.status]).lower(), str(choices[status]).lower()
            first = f" ({told})" if (told := who_moved(self)) else ""
            raise IllegalTransition(
                f"{self} is {now} already{first}."
                if status == self.status
                else f"{self} is {now}{first} and cannot become {wanted}.",
                remedy=f"From here it can become: {allowed}." if allowed else "Its status is final.",
            )
        manager: models.Manager[Any] = type(self)._default_manager
        if not manager.filter(pk=self.pk, status=self.status).update(status=status, **changes):
            first = f" ({told})" if (told := who_moved(self)) else ""
            raise Stale(f"{self} was changed by somebody else{first}.", remedy="Reload it and try again.")
        self.status = status
        for name, value in changes.items():
            setattr(self, name, value)


class RevisionStatus(models.TextChoices):
    """Of what is under revision control: one revision is in force, drafts come after it, superseded ones before it."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    SUPERSEDED = "superseded", "Superseded"


REVISION_TRANSITIONS: Transitions = {
    RevisionStatus.DRAFT: {RevisionStatus.APPROVED},
    RevisionStatus.APPROVED: {RevisionStatus.SUPERSEDED},
}


def is_draft(revision: Any) -> bool:
    """:param revision: whose status is a `RevisionStatus`."""
    return bool(revision.status == RevisionStatus.DRAFT)


def require_draft_revision(revision: Any, refusal: type[DomainError]) -> None:
    """What people work by does not change under them.

    :param revision: whose status is a `RevisionStatus`.
    :raises refusal: unless it is a draft.
    """
    if not is_draft(revision):
        raise refusal(
            f"{revision} is {revision.get_status_display().lower()} and stands as it is.",
            remedy="Revise it: change the new draft, then approve that.",
        )


class AppendOnly(models.Model):
    """A table whose rows are written once; a mistake is corrected by another row."""

    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
