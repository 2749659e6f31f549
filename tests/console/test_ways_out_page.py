"""Ways out on the page: tried while one looks on, each taken or kept by a button, refused in words."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.test import Client

from inventory import services as inventory
from inventory.models import ExpectedReceipt
from mes.console import ways_out
from mes.core.links import address_of
from production import planning, what_ifs
from production import services as production
from production.changes import Change, MaterialBy, Overtime, Pin, Reprioritise, UseMachine, to_json
from production.explaining import explain
from production.models import ProductionOrder, Schedule, WhatIf
from production.snapshot import take_snapshot
from production.ways_out import Way, search_for
from tests.console.conftest import As
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
NOW = MONDAY
PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def long_batch() -> ProductionOrder:
    """A batch of ten hours, due in six, where a second machine is free."""
    center = make_work_center("MILL", site=make_site(), machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    order = plan_order(item, 10, at=NOW, due_at=NOW + timedelta(hours=6))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return order


def look_on(browser: Client, order: ProductionOrder) -> str:
    """Ask as the page does, until it asks no more."""
    for _ in range(20):
        text: str = browser.get(f"/console/orders/{order.pk}/ways-out/", headers=PART).text
        if "hx-get" not in text:
            return text
    raise AssertionError("it never comes to an end")


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def changes_in(text: str) -> str:
    found = re.search(r'name="changes" value="([^"]*split[^"]*)"', text)
    assert found is not None
    return found[1].replace("&quot;", '"')


def test_ways_are_tried_while_the_page_looks_on_and_are_remembered(boss: Client, monkeypatch):
    order = long_batch()
    first = boss.get(f"/console/orders/{order.pk}/ways-out/", headers=PART).text
    text = look_on(boss, order)

    assert 'role="progressbar"' in first
    assert "Split" in text
    assert "on time" in text

    monkeypatch.setattr(ways_out, "take_snapshot", lambda **_: pytest.fail("it is known already"))
    assert "Split" in look_on(boss, order)


def test_a_way_is_put_in_force_by_its_button(boss: Client):
    order = long_batch()
    changes = changes_in(look_on(boss, order))
    before = Schedule.objects.count()

    answer = boss.post(
        f"/console/orders/{order.pk}/ways-out/take/", {"changes": changes, "what": "Split into 2"}
    )

    plan = WhatIf.objects.get()
    assert f"Split {order}-01 into 2 is in force" in said(answer)
    assert f'{address_of(plan)}#back">How to take it back</a>' in said(answer)
    assert f"Join {order}-01 with its parts again" in boss.get(str(address_of(plan))).text
    assert order.batches.count() == 2
    assert Schedule.objects.count() == before + 1
    boss.post(f"/admin/production/whatif/{plan.pk}/do/take-back/")
    assert [batch.quantity for batch in order.batches.exclude(status="cancelled")] == [order.quantity]


def test_what_would_by_now_make_others_late_is_not_put_in_force(boss: Client):
    center = make_work_center("MILL", site=make_site())
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    order = plan_order(item, 10, at=NOW, due_at=NOW + timedelta(hours=12))
    other = plan_order(item, 4, at=NOW, due_at=NOW + timedelta(hours=5), priority=3)
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    (operation,) = operations_of(order)
    soon = NOW + timedelta(minutes=5)
    pin = Pin(operation.pk, center.machines.get().pk, soon)
    asked = {"changes": json.dumps([to_json(pin)]), "what": "Pin it"}

    refused = said(boss.post(f"/console/orders/{order.pk}/ways-out/take/", asked))

    assert f"by now it would make {other} late too. Nothing was changed." in refused
    assert "Look for ways out again" in refused
    assert not WhatIf.objects.exists()
    assert Schedule.objects.count() == 1
    done = said(boss.post(f"/console/orders/{order.pk}/ways-out/take/", asked | {"late": f"{order} {other}"}))
    assert "is in force" in done


def test_what_was_put_in_force_says_how_each_change_is_taken_back_and_where(boss: Client):
    order = long_batch()
    (operation,) = operations_of(order)
    make_shift(operation.step.work_center)
    first, second = operation.step.work_center.machines.order_by("pk")
    production.pin_operation(operation, first, by=make_user(), at=NOW)
    night = (NOW + timedelta(days=1)).replace(hour=18, minute=0)
    changes: list[Change] = [
        UseMachine(operation.pk, second.pk),
        Overtime(second.pk, night, night + timedelta(hours=2)),
        Reprioritise(order.pk, priority=1),
    ]
    kept = what_ifs.create_what_if("Together", changes, seconds=0, by=make_user(), at=NOW)

    assert "To take it back" not in boss.get(str(address_of(kept))).text
    what_ifs.publish_what_if(kept, by=make_user(), at=NOW)
    shown = boss.get(str(address_of(kept))).text

    assert f'{address_of(operation)}">Pin {operation} to {first} again</a>' in shown
    assert f'machine__id__exact={second.pk}">Call off the overtime of {second} from' in shown
    assert f'{address_of(order)}">Reprioritise {order}, which was priority normal</a>' in shown


def test_a_way_is_kept_as_a_what_if_plan_and_nothing_changes(boss: Client):
    order = long_batch()
    changes = changes_in(look_on(boss, order))

    answer = boss.post(
        f"/console/orders/{order.pk}/ways-out/keep/", {"changes": changes, "what": "Split into 2"}
    )

    assert "stands beside the published plan" in said(answer)
    assert WhatIf.objects.get().changes == json.loads(changes)
    assert order.batches.count() == 1


def test_changes_that_cannot_be_read_are_refused_in_words(boss: Client):
    order = long_batch()
    for typed in ("", "[]", "{}", '[{"kind": "conjure"}]', "3"):
        answer = boss.post(f"/console/orders/{order.pk}/ways-out/take/", {"changes": typed})
        assert "cannot be read" in said(answer), typed
    assert order.batches.count() == 1


def test_a_batch_that_has_begun_meanwhile_is_not_split(boss: Client):
    order = long_batch()
    changes = changes_in(look_on(boss, order))
    (operation,) = operations_of(order)
    machine = operation.step.work_center.machines.first()
    planning_by = take_snapshot(at=NOW)  # the plant as it was
    assert planning_by.operations
    operation.move_to("running", started_at=NOW, running_since=NOW, machine=machine)

    answer = boss.post(f"/console/orders/{order.pk}/ways-out/take/", {"changes": changes})

    assert "has begun" in said(answer)
    assert order.batches.count() == 1


def test_a_purchase_is_hastened_as_agreed(boss: Client):
    bar = make_item("BAR", supply="buy")
    order = plan_order(
        make_made_item(components={bar: 1}, site=bar.site), 60, at=NOW, due_at=NOW + timedelta(days=2)
    )
    late = inventory.expect_receipt(bar, Decimal(60), NOW.date() + timedelta(days=6), at=NOW)
    planning.reschedule(reason="Test", at=NOW, seconds=0)

    text = look_on(boss, order)
    found = re.search(rf'action="(/console/do/redate/{late.pk}/)".*?name="due_date" value="([^"]+)"', text)
    assert found is not None
    answer = boss.post(found[1], {"due_date": found[2]})

    assert "the plan follows" in said(answer)
    assert f"set its due date to {NOW + timedelta(days=6):%a %d %b} again" in said(answer)
    assert str(ExpectedReceipt.objects.get().due_date) == found[2]
    inventory.cancel_expected_receipt(late, at=NOW)
    assert "is cancelled" in said(boss.post(found[1], {"due_date": found[2]}))
    assert "is no day" in said(boss.post(found[1], {"due_date": "31 Feb"}))


def test_only_planners_look_for_ways_out(as_role: As):
    order = long_batch()
    operator = as_role("operator")

    assert operator.get(f"/console/orders/{order.pk}/ways-out/").status_code == 403
    assert operator.post(f"/console/orders/{order.pk}/ways-out/take/").status_code == 403
    assert "ways-out" not in operator.get(f"/console/orders/{order.pk}/why/", headers=PART).text
    assert "ways-out" in as_role("planner").get(f"/console/orders/{order.pk}/why/", headers=PART).text


def test_an_order_on_time_has_nothing_to_hasten(boss: Client):
    order = plan_order(make_made_item(site=make_site()), 1, at=NOW, due_at=NOW + timedelta(days=9))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    assert "it is not late any more: there is nothing to hasten" in look_on(boss, order)


def test_a_way_that_is_kept_is_named_once_after_its_order_and_cut_between_words(boss: Client):
    order = long_batch()
    rush = json.dumps([to_json(Reprioritise(order.pk, 1))])
    much = f"Overtime on Mill: {'Sat 28 Nov 06:00–14:00, ' * 5}and 9 more"

    for what in (f"{order}: priority rush", much):
        boss.post(f"/console/orders/{order.pk}/ways-out/keep/", {"changes": rush, "what": what})

    first, second = WhatIf.objects.order_by("pk")
    assert first.name == f"{order}: priority rush"
    assert second.name.startswith(f"{order}: Overtime on Mill: Sat 28 Nov")
    assert second.name.endswith((", …", "Sat …", "28 …", "Nov …"))
    assert len(second.name) <= 100


def crowded_out() -> tuple[ProductionOrder, ExpectedReceipt]:
    """An order that waits for its purchase, while others, each due soon after its turn, leave no gap on the only machine until then."""
    center = make_work_center("MILL", site=make_site())
    bar = make_item("BAR", site=center.site, supply="buy")
    purchase = inventory.expect_receipt(bar, Decimal(10), NOW.date() + timedelta(days=3), at=NOW)
    step = {"work_center": center, "run_seconds": 3600}
    other = make_made_item([step], site=center.site)
    for number in range(1, 86):
        plan_order(other, 1, at=NOW, due_at=NOW + timedelta(hours=number + 11))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    item = make_made_item([step], components={bar: 1}, site=center.site)
    order = plan_order(item, 10, at=NOW, due_at=NOW + timedelta(hours=12))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return order, purchase


def test_a_way_that_moves_everything_is_kept_as_what_was_tried(boss: Client):
    order, purchase = crowded_out()
    sooner = MaterialBy(purchase.item_id, NOW + timedelta(days=1), order.pk)
    asked = {"changes": json.dumps([to_json(sooner)]), "what": "Expedite"}

    boss.post(f"/console/orders/{order.pk}/ways-out/keep/", asked)
    boss.post(f"/console/orders/{order.pk}/ways-out/keep/", asked | {"freely": "yes"})

    close, free = WhatIf.objects.order_by("pk")
    assert (close.freely, free.freely) == (False, True)
    assert close.figures["moved"] <= 30 < free.figures["moved"]
    late = close.figures["before"]["tardiness_hours"]
    assert free.figures["after"]["tardiness_hours"] < late / 2
    assert close.figures["after"]["tardiness_hours"] > late / 2
    shown = boss.get(str(address_of(free))).text
    assert "Everything may move" in shown


def test_a_purchase_that_only_helps_when_all_make_way_is_planned_for_at_once(boss: Client):
    bar = make_item("BAR", supply="buy")
    order = plan_order(
        make_made_item(components={bar: 1}, site=bar.site), 60, at=NOW, due_at=NOW + timedelta(days=2)
    )
    purchase = inventory.expect_receipt(bar, Decimal(60), NOW.date() + timedelta(days=9), at=NOW)
    version = planning.reschedule(reason="Test", at=NOW, seconds=0).version
    search = search_for(explain(order, at=NOW))
    search.ways = [Way(proposal) for proposal in search.proposals]
    search.ways += [
        Way(proposal, freely=True, saved_hours=search.late_hours / 2, moved=600)
        if proposal.awaited is not None
        else Way(proposal, freely=True)
        for proposal in search.proposals
    ]
    cache.set(f"console.ways-out.{order.pk}.{version}", search)

    text = look_on(boss, order)
    (row,) = [each for each in text.split("<tr>") if "/redate/" in each]
    assert "The whole plan makes way" in row
    assert "600 operations move" in row
    assert row.count('name="freely" value="yes"') == 2, "the purchase, and the what-if plan"
    day = re.search(r'name="due_date" value="([^"]+)"', row)
    assert day is not None
    answer = boss.post(f"/console/do/redate/{purchase.pk}/", {"due_date": day[1], "freely": "yes"})

    latest = Schedule.objects.latest_known()
    assert f"{latest}</a> is planned for it" in said(answer)
    assert latest.reason == f"{purchase} comes sooner"
    assert not latest.figures["is_repair"]
