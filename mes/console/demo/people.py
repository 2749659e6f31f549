"""The demo's people. Their password is no secret, so they are made by the demo alone and served on this machine only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import Group
from django.db import transaction

from mes.core.history import done_by
from mes.core.models import User

PASSWORD = "demo"  # noqa: S105 - printed at every start
Result = TypeVar("Result")


@dataclass(frozen=True)
class Person:
    """A user to be, named like the role."""

    role: str
    does: str

    def line(self) -> str:
        return f"{self.role:<11} {self.does}"


PEOPLE = (
    Person("planner", "decides what is made when: orders, schedule, forecasts, replenishment"),
    Person("operator", "makes it: works off operations at the terminal"),
    Person("inspector", "judges it: inspections, nonconformances, holds and releases"),
    Person("manager", "answers for it: everything of the plant, users and roles"),
    Person("integrator", "another system: reads everything, brings orders and demand by API"),
    Person("admin", "may do everything (superuser)"),
)


def let(by: User, service: Callable[..., Result], *about: object, **how: object) -> Result:
    """Have one of them do something; the audit trail keeps that it was them."""
    with done_by(by.pk):
        return service(*about, by=by, **how)


@transaction.atomic
def ensure_people() -> list[User]:
    """Make the demo's users that are missing, each in the group of its role; return those made now."""
    known = set(User.objects.filter(username__in=[p.role for p in PEOPLE]).values_list("username", flat=True))
    return [_make(person) for person in PEOPLE if person.role not in known]


def _make(person: Person) -> User:
    is_admin = person.role == "admin"
    user = User.objects.create_user(
        person.role,
        password=PASSWORD,
        last_name=person.role.title(),
        first_name="Demo",
        is_staff=person.role != "integrator",
        is_superuser=is_admin,
    )
    if not is_admin:
        user.groups.add(Group.objects.get(name=person.role))
    return user
