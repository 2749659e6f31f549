"""What is done so that it does not happen again: causes that somebody named, an action that is being carried out, and one that waits to be
judged by whoever does not own it.
"""

from datetime import datetime, timedelta
from io import TextIOBase
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from mes.console.demo.people import let
from mes.core.models import User
from quality import services
from quality.models import CauseCategory, CorrectiveAction, Nonconformance

CAPS: Final = "CP-45"
PIN: Final = "NP-2310"
Method = CorrectiveAction.Method


def correction_is_missing() -> bool:
    return not CorrectiveAction.objects.exists() and (_of(CAPS).exists() or _of(PIN).exists())


@transaction.atomic
def correct(say: TextIOBase) -> None:
    now = timezone.now()
    if caps := list(_of(CAPS)):
        _have_caps_set_right(caps, now)
    if pins := list(_of(PIN)[:1]):
        _have_collets_changed(pins[0], now)


def _have_caps_set_right(found: list[Nonconformance], now: datetime) -> None:
    """The supplier's caps failed twice: eight disciplines with him, done since, and today it is seen whether it helped."""
    inspector, planner = _person("inspector"), _person("planner")
    for each in found:
        cause = "Liners lose their seat when the press runs hot"
        let(inspector, services.name_cause, each, cause, CauseCategory.MATERIAL, at=each.opened_at)
    opened = max(each.opened_at for each in found) + timedelta(hours=5)
    action = let(
        inspector,
        services.open_action,
        "Caps of 45 mm with their liners seated",
        owner=inspector,
        due_date=timezone.localdate(opened + timedelta(days=3)),
        nonconformances=found,
        method=Method.EIGHT_D,
        at=opened,
    )
    answers = {
        "d1": "Demo Inspector, Demo Planner; the caps' maker with his press setter",
        "d2": "Liners that lift in two deliveries in a row; found at goods inwards, none of them was filled",
        "d3": "Both deliveries sent back. Inspection tightened by itself; a stock of the 28 mm caps covers four days",
        "d4": "The press ran hot after a change of moulds and nobody checks the liner's pull before a run is released",
        "d5": "A thermostat with an interlock on the press, and a pull test of five caps at the start of each run",
        "d6": "Interlock fitted; pull tests of the first three runs are with us",
    }
    for hours, (question, answer) in enumerate(answers.items(), start=1):
        let(inspector, services.answer_question, action, question, answer, at=opened + timedelta(hours=hours))
    let(
        planner,
        services.plan_action,
        action,
        "The maker fits an interlock to the press and tests the pull of five caps before each run",
        cause_category=CauseCategory.MACHINE,
        check_date=timezone.localdate(now),
        at=opened + timedelta(hours=8),
    )
    done = "Interlock fitted, seen on site. The first delivery after it was accepted on tightened inspection."
    let(inspector, services.implement_action, action, done, at=opened + timedelta(days=2, hours=20))


def _have_collets_changed(found: Nonconformance, now: datetime) -> None:
    """Chatter on a pin: asked five times why, planned, being done."""
    operator, planner = _person("operator"), _person("planner")
    action = let(
        _person("inspector"),
        services.open_action_for,
        found,
        "No chatter marks on pins",
        owner=planner,
        due_date=timezone.localdate(now) + timedelta(days=6),
        at=found.opened_at + timedelta(hours=2),
    )
    answers = (
        "The pin moved in its collet at the shoulder cut",
        "The collet was worn beyond 0.02 mm",
        "It held four times as many pins as the last one",
        "Nobody counts how many pins a collet has held",
        "Collets are no tools with a life in our books; only cutters are",
    )
    for number, answer in enumerate(answers, start=1):
        at = found.opened_at + timedelta(hours=2, minutes=10 * number)
        let(operator, services.answer_question, action, f"why{number}", answer, at=at)
    let(
        planner,
        services.plan_action,
        action,
        "Book collets as tools with a life of 2,000 pins, and measure them when it is over",
        cause_category=CauseCategory.METHOD,
        check_date=timezone.localdate(now) + timedelta(days=40),
        at=found.opened_at + timedelta(hours=4),
    )
    let(planner, services.name_cause, found, "Collet worn", CauseCategory.MACHINE, at=now)


def _of(item: str) -> QuerySet[Nonconformance]:
    return Nonconformance.objects.filter(lot__item__number=item).order_by("opened_at", "pk")


def _person(role: str) -> User:
    return User.objects.get(username=role)
