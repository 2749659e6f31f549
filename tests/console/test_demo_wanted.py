"""The demo's order that was sold for too soon."""

from io import StringIO

import pytest
from django.utils import timezone

from mes.console.demo import wanted
from mes.console.demo.people import ensure_people
from mes.core.roles import ensure_roles
from orders.models import Customer, OrderLine
from production.planning import reschedule
from tests.plant import make_site
from tests.shop import make_made_item, make_shift, make_work_center

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant():
    """Brackets that take a working day apiece, for the customer who wants a dozen of them in four days."""
    ensure_roles()
    ensure_people()
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "16:00")
    number, revision = wanted.BRACKET
    step = {"work_center": center, "run_seconds": 8 * 3600}
    make_made_item([step], site=site, number=number, revision=revision)
    Customer.objects.create(code=wanted.CUSTOMER, name="Helvion")


def test_a_plant_without_that_customer_is_left_alone():
    assert not wanted.want_is_missing()


def test_the_plan_shows_that_it_comes_too_late_and_it_is_entered_once(plant):
    assert wanted.want_is_missing()

    wanted.want(StringIO())
    now = timezone.now()
    plan = reschedule(reason="test", at=now, seconds=0)

    line = OrderLine.objects.with_progress(now).get()
    assert (line.order.status, line.promised_date) == ("confirmed", line.due_date)
    assert plan.figures["late_orders"] == 1
    assert not wanted.want_is_missing()
