"""A regulated batch is released once every exception of its record is answered and the whole is signed by somebody who did not make it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.models import Item, Lot, Site
from mes.core import signing
from mes.core.models import Fact, Meaning, SignaturePolicy, User
from production import services
from production.models import Batch
from quality import services as quality
from quality.models import ExceptionAnswer, Nonconformance
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, grant, make_user
from tests.records.people import PASSWORD, a_signer, signing_as
from tests.shop import make_made_item, operations_of, plan_order

pytestmark = pytest.mark.django_db
DEMAND = SignaturePolicy.Demand


def a_finished_batch(
    *, scrap: int = 0, is_regulated: bool | None = True, plant_is_regulated: bool = False, **item: Any
) -> Batch:
    """Ten pieces of a regulated item, made by somebody, waiting in quarantine. None: as its site says."""
    made = make_made_item(**item)
    (operation,) = operations_of(plan_order(made))
    Item.objects.filter(pk=made.pk).update(is_regulated=is_regulated)
    Site.objects.filter(pk=made.site_id).update(is_regulated=plant_is_regulated)
    worker = make_user()
    services.start_operation(operation, by=worker, at=MONDAY)
    services.finish_operation(operation, good=Decimal(10 - scrap), scrap=Decimal(scrap), by=worker, at=MONDAY)
    deliver_news()
    return Batch.objects.select_related("lot__item__site").get(pk=operation.batch_id)


def lot_of(batch: Batch) -> Lot:
    assert batch.lot_id is not None
    return Lot.objects.select_related("item__site").get(pk=batch.lot_id)


def release(lot: Lot, by: User | None = None) -> Lot:
    who = by or a_signer()
    return quality.release_lot(lot, credentials=signing_as(who), by=who, at=MONDAY)


def sign_review(batch: Batch, by: User | None = None) -> None:
    who = by or a_signer()
    signing.sign(batch, Meaning.REVIEW, credentials=signing_as(who), by=who, at=MONDAY)


def an_exception(batch: Batch, told: str = "Scratch") -> Nonconformance:
    """Something that was found and decided, so that nothing but the review is left."""
    found = quality.open_nonconformance(lot_of(batch), Decimal(1), told, by=make_user(), at=MONDAY)
    who = a_signer()
    return quality.decide_nonconformance(
        found, "use_as_is", "Cosmetic", credentials=signing_as(who), by=who, at=MONDAY
    )


def told_of(batch: Batch) -> list[str]:
    return quality.open_exceptions(services.review_of(batch))


def test_a_regulated_batch_is_not_released_before_its_review_is_signed():
    batch = a_finished_batch()
    assert lot_of(batch).status == "quarantine"

    with pytest.raises(quality.RecordNotReviewed, match="1 signature is missing under its review") as refusal:
        release(lot_of(batch))

    assert refusal.value.see == (batch,)
    assert lot_of(batch).status == "quarantine"
    sign_review(batch)
    assert release(lot_of(batch)).status == "released"


def test_every_exception_is_answered_before_the_signature_counts():
    batch = a_finished_batch()
    an_exception(batch)
    sign_review(batch)

    with pytest.raises(quality.RecordNotReviewed, match="1 exception is not answered: Nonconformance: NC"):
        release(lot_of(batch))
    services.answer_exceptions(batch, told_of(batch), "Seen; within the limits", by=make_user(), at=MONDAY)
    with pytest.raises(quality.RecordNotReviewed, match="signed what has changed since"):
        release(lot_of(batch))
    assert lot_of(batch).status == "quarantine"

    sign_review(batch)
    assert release(lot_of(batch)).status == "released"
    assert Fact.objects.filter(name="quality.ExceptionsAnswered", payload__count=1).exists()


def test_an_exception_that_comes_later_opens_the_review_again():
    batch = a_finished_batch()
    sign_review(batch)
    an_exception(batch)

    with pytest.raises(quality.RecordNotReviewed, match="not answered"):
        release(lot_of(batch))

    assert lot_of(batch).status == "quarantine"


def test_an_answer_is_for_an_open_exception_says_something_and_is_given_once():
    batch = a_finished_batch()
    an_exception(batch)
    (told,) = told_of(batch)

    for exceptions, answer, field in (
        ([told], "  ", "answer"),
        ([], "Seen", "exceptions"),
        (["Gate overridden: nothing"], "Seen", "exceptions"),
    ):
        with pytest.raises(quality.UnknownException) as refusal:
            services.answer_exceptions(batch, exceptions, answer, by=make_user(), at=MONDAY)
        assert set(refusal.value.errors) == {field}
    services.answer_exceptions(batch, [told], "Seen", by=make_user(), at=MONDAY)
    with pytest.raises(quality.UnknownException, match="is not open"):
        services.answer_exceptions(batch, [told], "Seen again", by=make_user(), at=MONDAY)

    assert list(ExceptionAnswer.objects.values_list("answer", flat=True)) == ["Seen"]


def test_whoever_made_the_batch_does_not_sign_its_review():
    batch = a_finished_batch()
    worker = User.objects.get(pk=batch.operations.get().time_entries.get().by_id)
    worker.set_password(PASSWORD)
    worker.save()

    with pytest.raises(signing.SameAuthor):
        sign_review(batch, by=worker)

    with pytest.raises(quality.RecordNotReviewed):
        release(lot_of(batch))


def test_a_batch_of_any_other_item_is_released_by_itself_and_the_rule_can_ask_it_of_all(rule: Any):
    assert lot_of(a_finished_batch(is_regulated=False)).status == "released"
    rule("production.batch", Meaning.REVIEW, demand=DEMAND.ALWAYS)

    batch = a_finished_batch(is_regulated=False)

    assert lot_of(batch).status == "quarantine"
    with pytest.raises(quality.RecordNotReviewed):
        quality.release_lot(lot_of(batch), by=make_user(), at=MONDAY)
    sign_review(batch)
    assert quality.release_lot(lot_of(batch), by=make_user(), at=MONDAY).status == "released"


def test_a_regulated_plant_reviews_all_its_batches_unless_an_item_says_otherwise():
    as_its_plant = a_finished_batch(is_regulated=None, plant_is_regulated=True)
    exempt = a_finished_batch(is_regulated=False, plant_is_regulated=True)
    nothing_said = a_finished_batch(is_regulated=None)
    its_own_word = a_finished_batch(is_regulated=True)

    states = [lot_of(each).status for each in (as_its_plant, exempt, nothing_said, its_own_word)]
    assert states == ["quarantine", "released", "released", "quarantine"]
    for batch in (as_its_plant, its_own_word):
        with pytest.raises(quality.RecordNotReviewed):
            release(lot_of(batch))
        sign_review(batch)
        assert release(lot_of(batch)).status == "released"


def test_a_plant_that_becomes_regulated_reviews_what_is_released_from_then_on():
    batch = a_finished_batch(is_regulated=None)
    assert lot_of(batch).status == "released"
    Site.objects.filter(pk=batch.order.site_id).update(is_regulated=True)
    inventory.hold_lot(lot_of(batch), "Looked at again", by=make_user(), at=MONDAY)

    with pytest.raises(quality.RecordNotReviewed):
        release(lot_of(batch))


def test_where_the_rule_demands_nothing_a_signed_release_is_enough(rule: Any):
    rule("production.batch", Meaning.REVIEW, demand=DEMAND.NEVER)

    batch = a_finished_batch()

    assert release(lot_of(batch)).status == "released"


def test_what_was_split_off_before_the_review_waits_for_it_too():
    batch = a_finished_batch()
    part = inventory.split_lot(lot_of(batch), Decimal(4), by=make_user(), at=MONDAY)

    with pytest.raises(quality.RecordNotReviewed):
        release(part)

    sign_review(batch)
    assert release(part).status == "released"


def test_a_slip_at_the_release_does_not_call_for_another_review():
    batch, releaser = a_finished_batch(), a_signer()
    sign_review(batch)
    with pytest.raises(signing.WrongCredentials):
        quality.release_lot(
            lot_of(batch), credentials=signing_as(releaser, password="no"), by=releaser, at=MONDAY
        )

    assert release(lot_of(batch), by=releaser).status == "released"


def test_the_page_of_the_batch_takes_answers_and_the_page_of_the_lot_leads_there():
    batch = a_finished_batch()
    an_exception(batch)
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))
    page = reverse("admin:production_batch_change", args=[batch.pk])
    do = f"/admin/production/batch/{batch.pk}/do/answer-exceptions/"

    refused = client.post(f"/admin/inventory/lot/{batch.lot_id}/do/release/", {}).content.decode()
    assert page in refused
    before = client.get(page).content.decode()
    assert "1 of 1 to answer" in before
    (told,) = told_of(batch)
    client.post(do, {"exceptions": [told], "answer": "Looked at: cosmetic"})
    after = client.get(page).content.decode()

    assert "Looked at: cosmetic" in after
    assert "sign the review, its lot is not released before" in after


def test_the_page_of_a_batch_does_not_say_that_its_released_lot_waits():
    batch = a_finished_batch(is_regulated=False)
    Item.objects.update(is_regulated=True)
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))

    page = client.get(reverse("admin:production_batch_change", args=[batch.pk])).content.decode()

    assert lot_of(batch).status == "released"
    assert "its lot is released already" in page
    assert "its lot is not released before" not in page


def test_the_api_lists_the_review_takes_answers_and_says_where_a_refused_release_can_be_mended():
    batch = a_finished_batch()
    an_exception(batch)
    api = APIClient()
    api.force_authenticate(
        grant(a_signer(), "production.view_batch", "inventory.view_lot", "inventory.judge_lot")
    )
    address = f"/api/v1/batches/{batch.pk}/"

    listed = api.get(f"{address}review/").json()
    refused = api.post(f"/api/v1/lots/{batch.lot_id}/release/", {}, format="json")
    bad = api.post(f"{address}answer_exceptions/", {"exceptions": ["?"], "answer": "Seen"}, format="json")
    good = api.post(
        f"{address}answer_exceptions/",
        {"exceptions": [listed["exceptions"][0]["exception"]], "answer": "Seen"},
        format="json",
    )

    assert (listed["is_demanded"], listed["unanswered"], listed["signatures_missing"]) == (True, 1, 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "quality.record_not_reviewed")
    assert refused.json()["see"] == [{"kind": "production.batch", "key": batch.pk, "name": batch.number}]
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "#/exceptions")
    assert good.status_code == 200, good.content
    assert api.get(f"{address}review/").json()["exceptions"][0]["answer"]["answer"] == "Seen"


def test_a_batch_that_still_runs_has_nothing_to_review():
    (operation,) = operations_of(plan_order(make_made_item()))

    with pytest.raises(services.NothingToReview, match="released"):
        services.answer_exceptions(operation.batch, ["Scrap"], "Seen", by=make_user(), at=MONDAY)


def test_what_is_found_on_goods_that_have_another_number_by_now_is_read_with_their_batch():
    batch = a_finished_batch()
    part = inventory.split_lot(lot_of(batch), Decimal(4), by=make_user(), at=MONDAY)
    part = Lot.objects.select_related("item__site").get(pk=part.pk)
    quality.open_nonconformance(part, Decimal(1), "Dent", by=make_user(), at=MONDAY)
    (sentence,) = told_of(batch)
    assert "undecided: Dent" in sentence
