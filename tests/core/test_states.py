"""The database keeps the promises of `mes.core.states`, whoever writes."""

import pytest
from django.db import InternalError, ProgrammingError, connection

from mes.core.models import Fact, FactDelivery
from mes.core.refusals import Stale
from mes.core.states import IllegalTransition
from tests.core.ground import NOON, Subscribe, ring

pytestmark = pytest.mark.django_db
Refused = (InternalError, ProgrammingError)


@pytest.fixture
def delivery(subscribe: Subscribe) -> FactDelivery:
    subscribe("door", lambda fact: None)
    ring(7)
    return FactDelivery.objects.get()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_refuses_a_move_that_the_table_does_not_hold(delivery: FactDelivery):
    delivery.move_to("done", done_at=NOON)

    with pytest.raises(Refused, match='Invalid transition of field "status" from "done" to "pending"'):
        execute("UPDATE core_factdelivery SET status = 'pending'")


def test_the_database_allows_what_the_table_holds(delivery: FactDelivery):
    execute("UPDATE core_factdelivery SET status = 'parked'")
    execute("UPDATE core_factdelivery SET status = 'pending', attempts = 0")


def test_python_refuses_the_same_move_in_words(delivery: FactDelivery):
    delivery.move_to("parked")

    with pytest.raises(
        IllegalTransition, match=r"is parked and cannot become done\. From here it can become: pending\."
    ):
        delivery.move_to("done")

    assert FactDelivery.objects.get().status == "parked"


def test_of_two_who_move_a_row_at_once_the_second_is_told(delivery: FactDelivery):
    seen_by_another = FactDelivery.objects.get()
    delivery.move_to("done", done_at=NOON)

    with pytest.raises(Stale, match="changed by somebody else"):
        seen_by_another.move_to("parked", error="late")

    assert (seen_by_another.status, FactDelivery.objects.get().status) == ("pending", "done")


@pytest.mark.parametrize("sql", ["UPDATE core_fact SET name = 'rewritten'", "DELETE FROM core_fact"])
def test_the_database_refuses_to_rewrite_a_fact(sql: str):
    ring(7)

    with pytest.raises(Refused, match=r"Cannot (update|delete|update or delete) rows from core_fact table"):
        execute(sql)


def test_a_bulk_update_is_refused_like_any_other():
    ring(7)

    with pytest.raises(Refused, match="rows from core_fact table"):
        Fact.objects.update(name="rewritten")
