"""The demo's corrective actions, on the reports that its plants hold for them."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.utils import timezone

from mes.console.demo import corrected
from mes.console.demo.people import ensure_people
from mes.core.models import User
from mes.core.roles import ensure_roles
from quality import services
from quality.models import CorrectiveAction, Nonconformance
from tests.plant import make_item, make_lot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people():
    ensure_roles()
    ensure_people()


def report(item: str, days_ago: int) -> Nonconformance:
    lot = make_lot(make_item(item), 20)
    at = timezone.now() - timedelta(days=days_ago)
    return services.open_nonconformance(lot, Decimal(1), "Not as drawn", by=make_user(), at=at)


def test_a_plant_where_nothing_was_found_is_left_alone():
    assert not corrected.correction_is_missing()


def test_one_action_waits_to_be_judged_and_one_is_being_carried_out():
    caps, pin = report(corrected.CAPS, 5), report(corrected.PIN, 1)
    assert corrected.correction_is_missing()

    corrected.correct(StringIO())

    of_caps = CorrectiveAction.objects.get(nonconformances=caps)
    of_pin = CorrectiveAction.objects.get(nonconformances=pin)
    assert (of_caps.status, of_pin.status) == ("implemented", "planned")
    assert of_pin.cause.startswith("Collets are no tools with a life")
    judged = services.judge_action(
        of_caps, True, "Accepted", by=User.objects.get(username="manager"), at=timezone.now()
    )
    assert judged.status == "effective"
    assert {each.cause_category for each in Nonconformance.objects.all()} == {"material", "machine"}
    assert not corrected.correction_is_missing()
