"""A published what-if plan is taken back at once: what it put in force goes, and what moved for it returns to where it was."""

from datetime import timedelta

import pytest
from django.test import Client

from mes.core.models import Fact
from production import services, taking_back, what_ifs
from production.board_changes import ChangedSince
from production.changes import Change, Overtime, Pin, Reprioritise, Split
from production.models import Operation, Priority, ProductionOrder, Schedule, Slot, WhatIf
from production.models import Overtime as OvertimeRow
from production.planning import reschedule
from production.replanning import why_replan
from production.services.pinning import AlreadyStarted
from tests.plant import MONDAY, make_site, make_user
from tests.racing import at_once
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def a_shop() -> tuple[ProductionOrder, ProductionOrder]:
    """Two orders of four hours on one machine that works 8 to 16, the first due first."""
    center = make_work_center("MILL", site=make_site())
    make_shift(center, "08:00", "16:00")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    first = plan_order(item, 4, due_at=MONDAY + 4 * HOUR)
    second = plan_order(item, 4, due_at=MONDAY + 30 * HOUR)
    reschedule(reason="test", at=MONDAY, seconds=0)
    return first, second


def published(*changes: Change) -> WhatIf:
    plan = what_ifs.create_what_if("Second first", changes, seconds=0, by=make_user(), at=MONDAY)
    return what_ifs.publish_what_if(plan, by=make_user(), at=MONDAY)


def take_back(plan: WhatIf, at=MONDAY) -> WhatIf:
    return taking_back.take_back_what_if(plan, by=make_user(), at=at)


def places() -> list[tuple[int, int | None, object, object]]:
    rows = Slot.objects.published().order_by("operation_id")
    return list(rows.values_list("operation_id", "machine_id", "starts_at", "ends_at"))


def everything(first: ProductionOrder, second: ProductionOrder) -> list[Change]:
    (operation,) = operations_of(second)
    slot = Slot.objects.published().get(operation=operation)
    assert slot.machine is not None
    return [
        Reprioritise(second.pk, Priority.RUSH, MONDAY + 5 * HOUR),
        Pin(operation.pk, slot.machine.pk, MONDAY + HOUR),
        Overtime(slot.machine.pk, MONDAY + 8 * HOUR, MONDAY + 10 * HOUR),
    ]


def test_all_that_was_put_in_force_goes_and_the_plan_is_as_before():
    first, second = a_shop()
    before = places()
    plan = published(*everything(first, second))
    assert places() != before
    version = Schedule.objects.count()

    take_back(plan)

    assert places() == before
    second.refresh_from_db()
    assert (second.priority, second.due_at) == (Priority.NORMAL, MONDAY + 30 * HOUR)
    assert not OvertimeRow.objects.exists()
    assert not Operation.objects.filter(pinned_machine__isnull=False).exists()
    schedule = Schedule.objects.order_by("-version")[0]
    assert (schedule.version, schedule.reason) == (
        version + 1,
        "What-if plan “Second first” taken back",
    )
    assert why_replan(at=MONDAY) == "", "it makes no version of its own beside that"
    assert Fact.objects.filter(name="production.WhatIfTakenBack").count() == 1


def test_it_is_taken_back_once_and_only_what_was_published():
    first, second = a_shop()
    plan = published(*everything(first, second))
    take_back(plan)
    versions = Schedule.objects.count()

    with pytest.raises(taking_back.NotInForce, match="was taken back by"):
        take_back(plan)
    still_open = what_ifs.create_what_if(
        "Open", [Reprioritise(first.pk, Priority.RUSH)], seconds=0, by=make_user(), at=MONDAY
    )
    with pytest.raises(taking_back.NotInForce, match="is open"):
        take_back(still_open)
    assert Schedule.objects.count() == versions


def test_what_somebody_has_changed_since_is_not_overruled():
    first, second = a_shop()
    plan = published(*everything(first, second))
    services.reprioritise_order(second, Priority.FILL_IN, by=make_user(), at=MONDAY)
    after = places()

    with pytest.raises(ChangedSince, match=f"{second} was given another priority or due date since"):
        take_back(plan)

    assert places() == after
    assert OvertimeRow.objects.count() == 1
    second.refresh_from_db()
    assert second.priority == Priority.FILL_IN


def test_overtime_that_was_called_off_by_hand_is_left_and_the_rest_goes():
    first, second = a_shop()
    before = places()
    plan = published(*everything(first, second))
    services.call_off_overtime(OvertimeRow.objects.get(), by=make_user(), at=MONDAY)

    take_back(plan)

    assert places() == before


def test_what_has_begun_is_not_taken_back():
    first, second = a_shop()
    plan = published(*everything(first, second))
    (operation,) = operations_of(second)
    services.start_operation(operation, by=make_user(), at=MONDAY + HOUR)

    with pytest.raises(AlreadyStarted):
        take_back(plan, at=MONDAY + HOUR)

    assert OvertimeRow.objects.count() == 1, "all of it or nothing"


def test_a_split_is_taken_back_with_all_else():
    first, second = a_shop()
    before = places()
    plan = published(*everything(first, second), Split(second.batches.get().pk, 2))
    assert second.batches.count() == 2

    take_back(plan)

    assert places() == before
    assert [batch.quantity for batch in second.batches.exclude(status="cancelled")] == [second.quantity]


def test_a_split_of_which_a_part_has_begun_is_not_taken_back():
    _, second = a_shop()
    plan = published(Split(second.batches.get().pk, 2))
    services.start_operation(operations_of(second)[1], by=make_user(), at=MONDAY)

    with pytest.raises(services.BatchBegun):
        take_back(plan)

    assert "taken_back" not in WhatIf.objects.get(pk=plan.pk).figures


def test_a_split_whose_parts_are_joined_already_is_not_taken_back_twice():
    _, second = a_shop()
    plan = published(Split(second.batches.get().pk, 2))
    batch, part = second.batches.order_by("pk")
    services.join_batches(batch, [part], by=make_user(), at=MONDAY)

    with pytest.raises(ChangedSince, match="Not all parts"):
        take_back(plan)


def test_what_was_published_before_that_was_kept_is_taken_back_by_people():
    _, second = a_shop()
    plan = published(Split(second.batches.get().pk, 2))
    (told,) = plan.figures["back"]
    plan.figures = {**plan.figures, "back": [{**told, "undo": None}]}
    plan.save(update_fields=["figures"])

    assert not taking_back.may_be_taken_back(plan)
    with pytest.raises(taking_back.NotAtOnce):
        take_back(plan)


def test_the_page_offers_it_and_tells_that_it_was_done(client: Client):
    first, second = a_shop()
    plan = published(*everything(first, second))
    client.force_login(make_user("planner", is_staff=True, is_superuser=True))
    page = f"/admin/production/whatif/{plan.pk}/change/"
    assert "all at once, with what moved for it" in client.get(page).text

    client.post(f"/admin/production/whatif/{plan.pk}/do/take-back/")

    text = client.get(page).text
    assert "Taken back" in text
    assert "by planner" in text
    assert "do/take-back/" not in text


def test_it_is_taken_back_over_the_api(client: Client):
    first, second = a_shop()
    plan = published(*everything(first, second))
    client.force_login(make_user("planner", is_superuser=True))

    answer = client.post(f"/api/v1/what-ifs/{plan.pk}/take_back/")

    assert answer.status_code == 200
    assert answer.json()["figures"]["taken_back"]["version"] == Schedule.objects.count()
    second.refresh_from_db()
    assert second.priority == Priority.NORMAL
    assert client.post(f"/api/v1/what-ifs/{plan.pk}/take_back/").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_back_at_once_one_does():
    first, second = a_shop()
    plan = published(*everything(first, second))

    answers = at_once(*(lambda: take_back(WhatIf.objects.get(pk=plan.pk)) for _ in range(2)))

    assert sorted(type(each).__name__ for each in answers) == ["NotInForce", "WhatIf"]
