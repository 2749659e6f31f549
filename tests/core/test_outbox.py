"""Facts reach their subscribers after commit: once each, in order, and past any that fails."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test import TestCase

from mes.core import outbox, tasks
from mes.core.facts import record
from mes.core.models import Fact, FactDelivery, User
from mes.core.states import IllegalTransition
from tests.core.ground import NOON, BellRang, Subscribe, a_user, ring

MAX_ATTEMPTS = 8
capture_on_commit = TestCase.captureOnCommitCallbacks


def in_threads(count: int, work: Callable[[], Any]) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - handed to the test below
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.django_db(transaction=True)
def test_dispatchers_that_race_deliver_every_fact_once_and_in_order(subscribe: Subscribe):
    heard: dict[str, list[int]] = {"door": [], "gate": []}

    def hear_slowly(numbers: list[int], fact: BellRang) -> None:
        time.sleep(0.002)
        numbers.append(fact.number)

    for name, numbers in heard.items():
        subscribe(name, lambda fact, numbers=numbers: hear_slowly(numbers, fact))  # type: ignore[misc]
    ring(*range(30))

    def until_nothing_is_due() -> None:
        while FactDelivery.objects.due(NOON).exists():
            outbox.dispatch_facts(at=NOON)

    in_threads(4, until_nothing_is_due)

    assert heard == {"door": list(range(30)), "gate": list(range(30))}
    assert set(FactDelivery.objects.values_list("status", "attempts")) == {("done", 1)}


@pytest.mark.django_db(transaction=True)
def test_what_a_subscriber_writes_and_the_mark_done_are_one(subscribe: Subscribe):
    def welcome_then_stumble(fact: BellRang) -> None:
        a_user(f"visitor-{fact.number}")
        if fact.number == 1:
            raise RuntimeError("no chair left")

    subscribe("door", welcome_then_stumble)
    ring(0, 1)

    assert outbox.dispatch_facts(at=NOON) == outbox.Dispatched(delivered=1, failed=1)
    assert list(User.objects.values_list("username", flat=True)) == ["visitor-0"]


@pytest.mark.django_db
def test_a_poisoned_fact_is_overtaken_then_parked_and_blocks_nobody(subscribe: Subscribe):
    heard: list[int] = []

    def choke_on_zero(fact: BellRang) -> None:
        heard.append(1 // fact.number)

    subscribe("door", choke_on_zero)
    subscribe("gate", lambda fact: heard.append(100 + fact.number))
    ring(0, 1)

    at = NOON
    for _ in range(MAX_ATTEMPTS):
        outbox.dispatch_facts(at=at)
        at += outbox.LONGEST_PAUSE

    assert heard == [1, 100, 101]
    parked = FactDelivery.objects.parked().get()
    assert parked.attempts == MAX_ATTEMPTS
    assert "ZeroDivisionError" in parked.error
    assert outbox.dispatch_facts(at=at) == outbox.Dispatched()


@pytest.mark.django_db
def test_a_failing_delivery_waits_longer_after_every_attempt(subscribe: Subscribe):
    subscribe("door", lambda fact: 1 // 0)
    ring(7)

    outbox.dispatch_facts(at=NOON)

    delivery = FactDelivery.objects.get()
    assert delivery.due_at == NOON + timedelta(seconds=5)
    assert outbox.dispatch_facts(at=NOON + timedelta(seconds=4)).failed == 0
    assert outbox.dispatch_facts(at=NOON + timedelta(seconds=5)).failed == 1
    assert [outbox.pause_after(n).total_seconds() for n in range(1, 9)] == [
        5,
        15,
        45,
        135,
        405,
        1215,
        3600,
        3600,
    ]


@pytest.mark.django_db
def test_a_fact_that_kills_its_worker_every_time_is_parked_all_the_same(subscribe: Subscribe):
    class PowerCut(BaseException):
        """What no `except Exception` sees, like a killed process."""

    def pull_the_plug(fact: BellRang) -> None:
        raise PowerCut

    subscribe("door", pull_the_plug)
    ring(7)

    at = NOON
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(PowerCut):
            outbox.dispatch_facts(at=at)
        at += outbox.LONGEST_PAUSE
    outbox.dispatch_facts(at=at)

    assert (
        "The worker stopped without a word in each of 8 attempts."
        in FactDelivery.objects.parked().get().error
    )


@pytest.mark.django_db
def test_a_parked_delivery_gets_a_fresh_set_of_attempts(subscribe: Subscribe):
    heard: list[int] = []
    subscribe("door", lambda fact: heard.append(fact.number))
    ring(7)
    delivery = FactDelivery.objects.get()
    delivery.move_to("parked", attempts=MAX_ATTEMPTS, error="Traceback …")

    outbox.retry_parked(delivery, by=a_user(), at=NOON)
    outbox.dispatch_facts(at=NOON)

    assert heard == [7]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.error) == ("done", 1, "")


@pytest.mark.django_db
def test_only_a_parked_delivery_is_tried_again_by_hand(subscribe: Subscribe):
    subscribe("door", lambda fact: None)
    ring(7)
    delivery = FactDelivery.objects.get()

    with pytest.raises(IllegalTransition, match="is pending already"):
        outbox.retry_parked(delivery, by=a_user(), at=NOON)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.due_at) == ("pending", NOON - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_subscriber_that_is_gone_parks_its_deliveries_instead_of_losing_them(subscribe: Subscribe):
    path = subscribe("door", lambda fact: None)
    ring(7)
    outbox._handlers.clear()

    outbox.dispatch_facts(at=NOON)

    delivery = FactDelivery.objects.get()
    assert (delivery.subscriber, delivery.status) == (path, "pending")
    assert "KeyError" in delivery.error


@pytest.mark.django_db
def test_a_round_leaves_the_rest_to_the_next_one(subscribe: Subscribe):
    heard: list[int] = []
    subscribe("door", lambda fact: heard.append(fact.number))
    ring(1, 2, 3)

    assert outbox.dispatch_facts(at=NOON, limit=2) == outbox.Dispatched(delivered=2, more=True)
    assert outbox.dispatch_facts(at=NOON, limit=2) == outbox.Dispatched(delivered=1)
    assert heard == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_served_elsewhere_is_left_alone(subscribe: Subscribe):
    heard: list[int] = []
    path = subscribe("door", lambda fact: heard.append(fact.number))
    ring(7)

    def dispatch_beside() -> None:
        assert outbox.dispatch_facts(at=NOON) == outbox.Dispatched()

    with outbox._alone_with(path) as alone:
        assert alone
        in_threads(1, dispatch_beside)

    assert heard == []
    assert outbox.dispatch_facts(at=NOON).delivered == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_rolled_back_has_recorded_nothing(subscribe: Subscribe):
    heard: list[int] = []
    subscribe("door", lambda fact: heard.append(fact.number))

    def change_ones_mind() -> None:
        with transaction.atomic():
            record(BellRang(number=7))
            raise LookupError

    with pytest.raises(LookupError):
        change_ones_mind()

    assert not Fact.objects.exists()
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_a_mistake(subscribe: Subscribe):
    with pytest.raises(RuntimeError, match=r"add @transaction\.atomic"):
        record(BellRang(number=7))

    assert not Fact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_a_dispatcher_by_itself(subscribe: Subscribe):
    heard: list[int] = []
    subscribe("door", lambda fact: heard.append(fact.number))

    with transaction.atomic():
        record(BellRang(number=7))
        assert heard == []

    assert heard == [7]


@pytest.mark.django_db
def test_many_facts_in_a_short_time_wake_one_dispatcher(
    subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
):
    subscribe("door", lambda fact: None)
    woken: list[str] = []
    monkeypatch.setattr(tasks.deliver_facts, "delay", lambda: woken.append("up"))

    for number in range(3):
        with capture_on_commit(execute=True):
            record(BellRang(number=number))

    assert woken == ["up"]


@pytest.mark.django_db
def test_a_fact_that_nobody_subscribes_to_is_kept_and_wakes_nobody(subscribe: Subscribe):
    with capture_on_commit() as callbacks:
        record(BellRang(number=7))

    assert callbacks == []
    assert Fact.objects.get().payload == {"number": 7}


@pytest.mark.django_db
def test_recording_a_hundred_facts_takes_two_statements(
    subscribe: Subscribe, django_assert_num_queries: Callable[[int], Any]
):
    subscribe("door", lambda fact: None)
    subscribe("gate", lambda fact: None)

    with django_assert_num_queries(2):
        record(*(BellRang(number=number) for number in range(100)))

    assert FactDelivery.objects.count() == 200


@pytest.mark.django_db
def test_retention_forgets_what_is_done_and_keeps_what_somebody_waits_for(
    subscribe: Subscribe, settings: LazySettings
):
    settings.MES = settings.MES | {"DELIVERY_RETENTION_DAYS": 30, "FACT_RETENTION_DAYS": 365}
    subscribe("door", lambda fact: None)
    ring(1, 2)
    outbox.dispatch_facts(at=NOON, limit=1)

    assert outbox.prune_facts(at=NOON + timedelta(days=30)) == outbox.Pruned(deliveries=0, facts=0)
    assert outbox.prune_facts(at=NOON + timedelta(days=31)) == outbox.Pruned(deliveries=1, facts=0)
    ages_later = Fact.objects.latest("recorded_at").recorded_at + timedelta(days=366)
    assert outbox.prune_facts(at=ages_later) == outbox.Pruned(deliveries=0, facts=1)

    assert [fact.payload for fact in Fact.objects.all()] == [{"number": 2}]
    assert FactDelivery.objects.get().status == "pending"


@pytest.mark.django_db
def test_a_subscriber_acts_at_the_time_its_dispatcher_says(subscribe: Subscribe):
    acted: list[Any] = []
    subscribe("door", lambda _fact: acted.append(outbox.moment()))
    ring(1)

    outbox.dispatch_facts(at=NOON, acting_at=NOON - timedelta(days=6))

    assert acted == [NOON - timedelta(days=6)]
