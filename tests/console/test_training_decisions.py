"""Who may do a step tomorrow: qualifications that lapse and instructions that nobody has read are told in time."""

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from mes.console.decisions.training import qualifications_lapsing, qualifications_unheld, unread_instructions
from production import services as production
from production.models import Specification
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_operator, make_work_center, plan_order

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


def lapsing():
    return list(qualifications_lapsing(MONDAY))


def plant_that_asks_for(code: str):
    site = make_site()
    center = make_work_center(site=site)
    make_made_item([{"work_center": center, "required_qualification": code}], site=site)
    return site


def test_a_qualification_that_a_step_asks_for_is_told_before_it_lapses_and_who_else_holds_it():
    site = plant_that_asks_for("NDT-PT-II")
    leaving = make_operator(site, "NDT-PT-II", expires_on=TODAY + timedelta(days=9))
    make_operator(site, "NDT-PT-II", expires_on=TODAY + timedelta(days=300))

    (told,) = lapsing()

    assert told.what == f"{leaving.user}’s qualification NDT-PT-II lapses on 11 Mar"
    assert told.why.startswith("One other person holds it for longer;")
    assert (told.level, told.url) == ("risk", f"/admin/production/operator/{leaving.pk}/change/")


def test_one_that_lapsed_costs_more_where_nobody_else_holds_it():
    site = plant_that_asks_for("NDT-PT-II")
    make_operator(site, "NDT-PT-II", expires_on=TODAY - timedelta(days=1))

    (told,) = lapsing()

    assert told.level == "late"
    assert "lapsed on 01 Mar" in told.what
    assert told.why.startswith("Nobody else holds it for longer;")


def test_what_no_step_asks_for_lapses_without_a_word_and_so_does_what_lapses_late():
    site = plant_that_asks_for("NDT-PT-II")
    make_operator(site, "FORKLIFT", expires_on=TODAY + timedelta(days=2))
    make_operator(site, "NDT-PT-II", expires_on=TODAY + timedelta(days=15))

    assert lapsing() == []


def test_work_that_nobody_may_do_is_told_until_somebody_holds_what_its_step_asks_for():
    site = make_site()
    step = {"work_center": make_work_center(site=site), "required_qualification": "NDT-PT-II"}
    item = make_made_item([step], site=site)
    assert list(qualifications_unheld(MONDAY)) == []  # nothing is to be done yet
    plan_order(item, 5)

    (told,) = qualifications_unheld(MONDAY)
    assert told.what == "Nobody holds NDT-PT-II"
    assert told.why.startswith("1 operation to come cannot start without.")
    make_operator(site, "NDT-PT-II")

    assert list(qualifications_unheld(MONDAY)) == []


def test_what_customers_ask_is_counted_by_operation_and_one_that_both_ask_for_once():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item(
        [{"work_center": center, "required_qualification": "NDT-PT-II"}, {"work_center": center}], site=site
    )
    order = plan_order(item, 5)
    first, second = order.batches.get().operations.order_by("sequence")
    for step in (first.step, second.step, second.step):
        Specification.objects.create(
            order=order,
            kind="process",
            text="By level II",
            source="SO-1",
            step=step,
            qualification="NDT-PT-II",
        )

    (told,) = qualifications_unheld(MONDAY)

    assert told.why.startswith("2 operations to come cannot start without.")


def test_a_qualification_lapses_by_the_day_where_its_holder_works():
    step = {"required_qualification": "NDT-PT-II"}
    site = make_site(time_zone="Pacific/Kiritimati")  # 14 hours ahead of UTC: tomorrow from ten o'clock on
    item = make_made_item([step | {"work_center": make_work_center(site=site)}], site=site)
    plan_order(item, 5)
    make_operator(site, "NDT-PT-II", expires_on=TODAY)
    morning, noon = MONDAY, MONDAY + timedelta(hours=4)

    assert list(qualifications_unheld(morning)) == []
    assert [each.what for each in qualifications_unheld(noon)] == ["Nobody holds NDT-PT-II"]
    assert [each.level for each in qualifications_lapsing(morning)] == ["risk"]
    assert [each.level for each in qualifications_lapsing(noon)] == ["late"]


def test_the_number_of_people_does_not_change_the_number_of_queries(django_assert_max_num_queries):
    site = plant_that_asks_for("NDT-PT-II")
    for _ in range(3):
        make_operator(site, "NDT-PT-II", expires_on=TODAY + timedelta(days=3))
    with django_assert_max_num_queries(1) as one:
        assert len(lapsing()) == 3
    assert isinstance(one, CaptureQueriesContext)


def test_an_instruction_that_must_be_read_is_told_until_somebody_has_read_it():
    version = production.write_instruction(
        "WI-1", "Penetrant", text="Dwell 20 min", must_be_read=True, by=make_user(), at=MONDAY
    )
    assert list(unread_instructions()) == []
    production.approve_instruction(version, by=make_user(), at=MONDAY)

    (told,) = unread_instructions()
    assert told.what == f"Nobody has read {version.instruction}, revision A"
    production.acknowledge(version, by=make_user(), at=MONDAY)

    assert list(unread_instructions()) == []
