"""Hours that cannot be meant are refused where they are stated, and what follows from having none is said."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from production import services
from production.models import Shift, WorkCenter
from production.services.plans import PlanIncomplete
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_plan, make_shift, make_work_center

pytestmark = pytest.mark.django_db


def state(center: WorkCenter, starts: str, ends: str, *pause: str) -> dict[str, str]:
    """What is refused of a shift, by field; empty where it is taken."""
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    body = {"work_center": center.pk, "weekday": 0, "starts": starts, "ends": ends}
    body |= dict(zip(("break_starts", "break_ends"), pause, strict=False))
    answer = client.post("/api/v1/shifts/", body, format="json")
    if answer.status_code == 201:
        return {}
    return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("starts", "ends", "pause"),
    [
        ("06:00", "14:00", ("10:00", "10:30")),
        ("22:00", "06:00", ("02:00", "02:30")),
        ("22:00", "06:00", ("23:30", "00:30")),
        ("06:00", "06:00", ("00:00", "06:00")),
        ("06:00", "14:00", ("06:00", "13:00")),
    ],
)
def test_a_break_within_its_shift_is_taken(starts: str, ends: str, pause: tuple[str, str]):
    assert state(make_work_center(), starts, ends, *pause) == {}


@pytest.mark.parametrize(
    ("starts", "ends", "pause"),
    [
        ("06:00", "14:00", ("15:00", "15:30")),
        ("06:00", "14:00", ("13:30", "14:30")),
        ("06:00", "14:00", ("10:30", "10:00")),
        ("22:00", "06:00", ("21:00", "22:30")),
        ("06:00", "14:00", ("10:00", "10:00")),
    ],
)
def test_a_break_outside_of_its_shift_is_refused(starts: str, ends: str, pause: tuple[str, str]):
    told = state(make_work_center(), starts, ends, *pause)

    assert told == {"#/break_starts": f"The break is not within the shift, {starts}–{ends}. Move it there."}


def test_a_break_that_takes_the_whole_shift_is_refused():
    told = state(make_work_center(), "22:00", "06:00", "22:00", "06:00")

    assert "takes the whole shift, 22:00–06:00" in told["#/break_starts"]
    assert not Shift.objects.exists()


def test_a_step_that_must_not_pause_at_a_work_center_whose_shifts_are_all_break_is_refused_in_words():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "09:00", pause=("08:00", "09:00"))
    steps = [{"work_center": center, "may_pause": False}]
    draft = make_plan(make_item(site=site), steps, approved=False)

    with pytest.raises(PlanIncomplete, match=f"{center}, whose shifts leave no working time: state when"):
        services.approve_process_plan(draft, by=make_user(), at=MONDAY)


def test_whoever_takes_the_last_shift_away_is_told_that_the_work_center_never_closes_now():
    center = make_work_center()
    (shift,) = make_shift(center, weekdays=[0])
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:production_workcenter_change", args=[center.pk])
    form = client.get(address).context["adminform"].form
    typed = {name: form[name].value() or "" for name in form.fields}
    for prefix, count in (("machines", 0), ("shifts", 1), ("exceptions", 0), ("changeovers", 0)):
        typed |= {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": count}
    typed |= {"shifts-0-id": shift.pk, "shifts-0-work_center": center.pk, "shifts-0-DELETE": "on"}
    typed |= {"shifts-0-weekday": 0, "shifts-0-starts": "08:00", "shifts-0-ends": "16:00"}

    answer = client.post(address, typed)

    assert answer.status_code == 302
    assert not center.shifts.exists()
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any("No hours are stated for" in text and "planned around the clock" in text for text in told)
