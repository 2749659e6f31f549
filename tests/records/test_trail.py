"""What was changed is read back by record, by person and by time, with old and new side by side; batches are reviewed by exception."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.facts import LotHeld
from inventory.models import Lot
from mes.core import outbox, signing
from mes.core.facts import record
from mes.core.history import done_by
from mes.core.models import Meaning, SignaturePolicy, User
from mes.core.models.facts import in_words
from mes.core.trail import Asked, entries
from production.models import Batch
from production.review import oddities
from quality import services as quality
from tests.plant import MONDAY, grant, make_inspection, make_inspection_plan, make_lot, make_user
from tests.records.people import a_signer, signing_as
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db


def changed(lot: Lot, by: User, reason: str = "Supplier's letter of 2 March") -> Lot:
    with pghistory.context(user=by.pk, reason=reason, url="/admin/"):
        Lot.objects.filter(pk=lot.pk).update(supplier_lot="B-77")
    return lot


def test_a_change_is_told_with_who_why_old_and_new():
    ada = make_user(first_name="Ada", last_name="Byron")
    lot = changed(make_lot(), ada)

    newest = entries(Asked(kind="inventory.lot", key=lot.pk))[0]

    assert (newest.what, newest.record, newest.why) == (
        "Changed",
        f"Lot {lot}",
        "Supplier's letter of 2 March",
    )
    assert newest.by.startswith("Ada Byron")
    assert [(each.field, each.old, each.new) for each in newest.changes] == [("Supplier lot", "", "B-77")]


def test_records_referred_to_are_told_by_name_moments_in_the_plants_zone_and_numbers_without_padding():
    batch = Batch.objects.get(order=plan_order(make_made_item(), quantity=Decimal(10)))

    added = entries(Asked(kind="production.batch", key=batch.pk))[-1]

    told = {change.field: change.new for change in added.changes}
    assert (told["Order"], told["Quantity"]) == (str(batch.order), "10")


def test_names_of_many_records_are_read_at_once(django_assert_max_num_queries):
    orders = [plan_order(make_made_item()) for _ in range(3)]
    with CaptureQueriesContext(connection) as few:
        entries(Asked(kind="production.batch"))
    orders += [plan_order(make_made_item()) for _ in range(6)]
    with django_assert_max_num_queries(len(few)):
        assert len(entries(Asked(kind="production.batch"))) >= len(orders)


def test_the_trail_of_a_lot_has_its_inspections_and_reports_too():
    lot = make_lot()
    quality.open_nonconformance(lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    make_inspection()

    kinds = {entry.kind for entry in entries(Asked(kind="inventory.lot", key=lot.pk))}

    assert kinds == {"inventory.lot", "quality.nonconformance"}


def test_the_trail_is_read_by_person_and_by_time():
    ada, bob = make_user(), make_user()
    lots = [make_lot(), make_lot()]
    changed(lots[0], ada)
    changed(lots[1], bob)

    of_ada = entries(Asked(user=ada.pk))

    assert [entry.key for entry in of_ada] == [lots[0].pk]
    assert entries(Asked(user=ada.pk, until=of_ada[0].at)) == []
    assert len(entries(Asked(user=ada.pk, since=of_ada[0].at))) == 1


def test_outside_a_request_it_is_kept_in_whose_name_something_was_done_and_no_further():
    ada, lot = make_user(first_name="Ada", last_name="Byron"), make_lot()
    with done_by(ada.pk, reason="Letter of 2 March", where="firming rule"):
        Lot.objects.filter(pk=lot.pk).update(supplier_lot="B-77")
    Lot.objects.filter(pk=lot.pk).update(supplier_lot="B-78")

    later, told = entries(Asked(kind="inventory.lot", key=lot.pk))[:2]

    assert told.by.startswith("Ada Byron")
    assert (told.why, told.follows) == ("Letter of 2 March", "firming rule")
    assert (later.by, later.why) == ("the house itself", "")


def test_what_a_request_does_stays_with_whoever_sent_it():
    ada, lot = make_user(first_name="Ada"), make_lot()
    with pghistory.context(user=ada.pk, url="/admin/"), done_by(make_user().pk, reason="By rule"):
        Lot.objects.filter(pk=lot.pk).update(supplier_lot="B-77")

    told = entries(Asked(kind="inventory.lot", key=lot.pk))[0]

    assert told.by.startswith("Ada")
    assert (told.why, told.follows) == ("", "")


def test_what_follows_from_somebodys_act_is_told_with_whose_it_was(monkeypatch):
    ada, lot = make_user(first_name="Ada"), make_lot()
    monkeypatch.setattr(outbox, "_handlers", defaultdict(dict))
    outbox.register(LotHeld.name, "follower", lambda fact: _renumber(fact["lot"]))
    record(LotHeld(lot=lot.pk, reason="Scratch", by=ada.pk))

    assert outbox.dispatch_facts(at=timezone.now() + timedelta(minutes=1)).delivered == 1

    told = entries(Asked(kind="inventory.lot", key=lot.pk))[0]
    assert told.by.startswith("Ada")
    assert told.follows == "by itself, after: lot held"
    assert told.where == "follows inventory.LotHeld"  # as it is stored, and told to other systems


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inventory.LotReleased", "lot released"),
        ("forecasting.ForecastLeftItsBand", "forecast left its band"),
        ("core.AccountLocked", "account locked"),
    ],
)
def test_what_is_followed_is_told_in_words(name: str, words: str):
    assert in_words(name) == words


def test_the_page_and_the_table_show_no_name_of_a_fact():
    lot, reader = make_lot(), make_user(is_staff=True, is_superuser=True)
    with done_by(reader.pk, where="follows inventory.LotReleased"):
        Lot.objects.filter(pk=lot.pk).update(supplier_lot="B-77")
    client = Client()
    client.force_login(reader)

    for name in ("console:trail", "console:trail-csv"):
        told = client.get(reverse(name), {"kind": "inventory.lot", "record": lot.number})
        text = (b"".join(told.streaming_content) if told.streaming else told.content).decode()
        assert "by itself, after: lot released" in text
        assert "LotReleased" not in text


def _renumber(lot: int) -> None:
    Lot.objects.filter(pk=lot).update(supplier_lot="B-77")


def test_a_deleted_row_stays_in_the_trail():
    ada = make_user()
    with pghistory.context(user=ada.pk, reason="Typed twice"):
        rule = a_rule()
        key = rule.pk
        rule.delete()

    told = [entry.what for entry in entries(Asked(kind="core.signaturepolicy", key=key))]

    assert told == ["Deleted", "Added"]


def a_rule() -> Any:
    return SignaturePolicy.objects.create(kind="production.batch", meaning=Meaning.VERIFY)


def test_the_page_and_the_table_to_take_along_show_it():
    ada = make_user(first_name="Ada", last_name="Byron")
    lot = changed(make_lot(), ada, reason="=HYPERLINK(1)")
    client = Client()
    client.force_login(grant(make_user(is_staff=True), "core.read_trail"))
    asked = {"kind": "inventory.lot", "record": lot.number, "user": str(ada.pk), "since": "2020-01-01"}

    page = client.get(reverse("console:trail"), asked).content.decode()
    table = b"".join(client.get(reverse("console:trail-csv"), asked).streaming_content).decode()

    assert "Ada Byron" in page
    assert "B-77" in page
    assert ",Supplier lot,,B-77,Ada Byron" in table
    assert "'=HYPERLINK(1)" in table


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "inventory.nothing"}, "There is no trail of this kind"),
        ({"kind": "inventory.lot", "record": "NONE-SUCH"}, "There is no such record"),
        ({"record": "NONE-SUCH"}, "There is no such record"),
        ({"since": "yesterday"}, "Write days as"),
        ({"until": "2026-02-31"}, "Write days as"),
        ({"user": "ada"}, "Choose a person"),
    ],
)
def test_the_page_says_what_it_did_not_understand(asked: dict[str, str], told: str):
    client = Client()
    client.force_login(grant(make_user(is_staff=True), "core.read_trail"))

    assert told in client.get(reverse("console:trail"), asked).content.decode()
    assert client.get(reverse("console:trail-csv"), asked).status_code == 400


def a_reader() -> Client:
    client = Client()
    client.force_login(grant(make_user(is_staff=True), "core.read_trail", "inventory.view_lot"))
    return client


def test_a_record_is_found_by_its_number_alone_and_leads_back_to_its_page():
    lot = changed(make_lot(), make_user())

    page = a_reader().get(reverse("console:trail"), {"record": lot.number.lower()}).content.decode()

    assert "B-77" in page
    assert f'href="{reverse("admin:inventory_lot_change", args=[lot.pk])}"' in page


def test_a_number_of_two_kinds_asks_which_is_meant():
    lot = make_lot()
    batch = a_done_batch()
    Batch.objects.filter(pk=batch.pk).update(number=lot.number)

    page = a_reader().get(reverse("console:trail"), {"record": lot.number}).content.decode()

    assert f"“{lot.number}” is the number of the lot and the batch. Say of which kind the record is." in page


def test_the_trail_of_a_batch_tells_of_its_goods_and_what_was_found_about_them():
    batch = a_done_batch()
    assert batch.lot is not None
    quality.open_nonconformance(batch.lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    changed(batch.lot, make_user())

    page = a_reader().get(reverse("console:trail"), {"record": batch.number})
    kinds = {entry.kind for entry, _ in page.context["entries"]}

    assert {"production.batch", "inventory.lot", "quality.nonconformance"} <= kinds
    assert "of its goods under every number" in page.content.decode()


def test_the_history_of_a_records_page_is_its_audit_trail_for_those_who_may_read_it():
    lot = changed(make_lot(), make_user())
    address = reverse("admin:inventory_lot_history", args=[lot.pk])
    outsider = Client()
    outsider.force_login(grant(make_user(is_staff=True), "inventory.view_lot"))

    shown = a_reader().get(address, follow=True).content.decode()
    its_page = a_reader().get(reverse("admin:inventory_lot_change", args=[lot.pk])).content.decode()
    their_page = outsider.get(reverse("admin:inventory_lot_change", args=[lot.pk])).content.decode()

    assert "B-77" in shown
    assert address in its_page
    assert address not in their_page
    assert outsider.get(address).status_code == 403


def test_only_who_may_read_the_trail_reads_it():
    client = Client()
    client.force_login(make_user(is_staff=True))
    api = APIClient()
    api.force_authenticate(make_user())

    assert client.get(reverse("console:trail")).status_code == 403
    assert api.get("/api/v1/audit-trail/").status_code == 403


def test_the_api_reads_the_trail_and_names_a_wrong_parameter():
    ada = make_user()
    lot = changed(make_lot(), ada)
    api = APIClient()
    api.force_authenticate(grant(make_user(), "core.read_trail"))

    found = api.get("/api/v1/audit-trail/", {"kind": "inventory.lot", "key": str(lot.pk)}).json()
    wrong = api.get("/api/v1/audit-trail/", {"key": "12"})

    assert found[0]["changes"] == [{"field": "Supplier lot", "old": "", "new": "B-77"}]
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (400, "kind")


def test_reading_a_record_asks_the_database_the_same_however_long_its_history(
    django_assert_max_num_queries: Any,
):
    ada, lot = make_user(), make_lot()
    for number in range(5):
        with pghistory.context(user=ada.pk):
            Lot.objects.filter(pk=lot.pk).update(supplier_lot=f"B-{number}")

    with django_assert_max_num_queries(45):
        assert len(entries(Asked(kind="inventory.lot", key=lot.pk))) == 6


def a_done_batch() -> Batch:
    center = make_work_center()
    order = plan_order(make_made_item([center], site=center.site))
    return order.batches.select_related("lot").get()


def test_a_review_lists_what_was_unusual_and_nothing_else():
    batch = a_done_batch()
    assert batch.lot is not None
    assert oddities(batch) == []
    quality.open_nonconformance(batch.lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    changed(batch.lot, make_user())

    assert {each.kind for each in oddities(batch)} == {"Nonconformance", "Changed afterwards"}


def test_a_corrected_result_and_a_failed_signature_are_exceptions():
    batch = a_done_batch()
    lot = batch.lot
    assert lot is not None
    signer = a_signer()
    with pytest.raises(signing.WrongCredentials):
        signing.sign(lot, Meaning.VERIFY, credentials=signing_as(signer, password="no"), by=signer, at=MONDAY)
    plan = make_inspection_plan(
        lot.item,
        characteristics=[{"lower_limit": 9, "upper_limit": 11}, {"lower_limit": 1, "upper_limit": 2}],
    )
    inspection = quality.open_inspection(plan, lot, lot_quantity=Decimal(1), at=MONDAY)
    first = plan.characteristics.get(number=1)
    result = quality.record_measurement(inspection, first, value=Decimal(10), by=make_user(), at=MONDAY)
    quality.correct_measurement(result, value=Decimal("10.5"), note="Misread", by=make_user(), at=MONDAY)

    told = {each.kind: each.what for each in oddities(batch)}

    assert set(told) == {"Signature failed", "Result corrected"}
    assert told["Result corrected"].endswith("10 became 10.5 – Misread")


def test_the_review_is_signed_and_one_more_exception_makes_it_void():
    batch, reviewer = a_done_batch(), a_signer()
    signing.sign(batch, Meaning.REVIEW, credentials=signing_as(reviewer), by=reviewer, at=MONDAY)
    assert [shown.is_void for shown in signing.signatures_of(batch)] == [False]

    assert batch.lot is not None
    changed(batch.lot, make_user())

    (shown,) = signing.signatures_of(batch)
    assert shown.is_void
    assert shown.changed == ("exceptions",)
