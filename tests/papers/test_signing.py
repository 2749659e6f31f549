"""Papers of regulated items are signed as they are issued, and the signature is printed on them."""

from typing import Any

import pytest
from django.test import Client

from mes.core import signing
from mes.core.models import Signature, SignaturePolicy, User
from mes.core.signing import Credentials, SignatureMissing, WrongCredentials
from mes.papers import services as papers
from mes.papers.models import Paper
from orders import services
from orders.models import Shipment
from production import services as production
from tests.orders.desk import make_part
from tests.papers.reading import pages_of
from tests.papers.test_batch_records import finished_batch
from tests.papers.test_certificates import an_order, shipped
from tests.papers.test_first_articles import a_part, make_batch
from tests.plant import MONDAY, grant, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def a_signer() -> User:
    return make_user(first_name="Ann", last_name="Baker", password=PASSWORD)


def credentials_of(person: User, password: str = PASSWORD, reason: str = "") -> Credentials:
    return Credentials(username=person.username, password=password, reason=reason)


def a_delivery(**fields: Any) -> Shipment:
    return shipped(an_order(make_part(**fields)))


def test_a_certificate_of_a_regulated_item_is_refused_without_a_signature():
    shipment = a_delivery()
    item = shipment.lines.get().line.item
    item.is_regulated = True
    item.save()

    with pytest.raises(SignatureMissing):
        services.issue_certificate(shipment, by=a_signer(), at=MONDAY)

    assert not Paper.objects.exists()


def test_the_signature_is_printed_with_name_moment_meaning_and_hash_and_holds():
    shipment, person = a_delivery(), a_signer()
    paper = services.issue_certificate(
        shipment, credentials=credentials_of(person, reason="Checked against the order"), by=person, at=MONDAY
    )

    (shown,) = signing.signatures_of(paper)
    text = "\n".join(pages_of(papers.printed(paper)))
    assert not shown.is_void
    for said in (
        "Ann Baker",
        "2 March 2026, 08:00 UTC",
        "Certificate · Checked against the order",
        shown.signature.content_hash,
    ):
        assert said in text
    assert "Authorised signatory" not in text
    assert shown.signature.content["digest"] == paper.digest


def test_a_wrong_password_issues_nothing():
    shipment, person = a_delivery(), a_signer()

    with pytest.raises(WrongCredentials):
        services.issue_certificate(
            shipment, credentials=credentials_of(person, "wrong"), by=person, at=MONDAY
        )

    assert not Paper.objects.exists()
    assert not Signature.objects.exists()


def test_an_unregulated_item_needs_no_signature_unless_the_rules_always_ask():
    shipment = a_delivery()
    SignaturePolicy.objects.filter(kind="papers.paper", meaning="certificate").update(demand="always")

    with pytest.raises(SignatureMissing):
        services.issue_certificate(shipment, by=a_signer(), at=MONDAY)


def test_a_batch_record_is_signed_as_its_release():
    batch, person = finished_batch(), a_signer()
    paper = production.issue_batch_record(batch, credentials=credentials_of(person), by=person, at=MONDAY)

    assert [each["meaning"] for each in paper.print.signed] == ["Release"]
    assert "By hand, where no electronic signature is used" not in "\n".join(pages_of(papers.printed(paper)))


def test_a_first_article_is_signed_as_verified_and_claims_no_second_person():
    batch, person = make_batch(a_part()), a_signer()
    said: dict[str, Any] = {"process_certificates": {20: "ANO-88"}, "credentials": credentials_of(person)}

    paper = production.issue_first_article(batch, **said, by=person, at=MONDAY)

    assert [each["meaning"] for each in paper.print.signed] == ["Verification"]
    assert "second person" not in " ".join(pages_of(bytes(paper.print.pdf)))


def test_over_http_a_certificate_is_signed_and_downloaded(client: Client):
    shipment, person = a_delivery(), a_signer()
    grant(person, "orders.view_shipment", "papers.issue_certificate", "papers.view_paper")
    client.force_login(person)
    body = {"signature": {"username": person.username, "password": PASSWORD}}
    made = client.post(
        f"/api/v1/shipments/{shipment.pk}/issue_certificate/", body, content_type="application/json"
    )
    again = client.post(
        f"/api/v1/shipments/{shipment.pk}/issue_certificate/", {}, content_type="application/json"
    )
    paper = made.json()
    whole = client.get(f"/api/v1/papers/{paper['id']}/").json()
    pdf = client.get(f"/api/v1/papers/{paper['id']}/pdf/", headers={"accept": "application/pdf"})
    book = client.get(f"/api/v1/papers/{paper['id']}/workbook/")
    listed = client.get("/api/v1/papers/", {"naming": shipment.number, "is_current": "true"}).json()

    assert made.status_code == 200, made.content
    assert paper["signed"][0]["name"] == "Ann Baker"
    assert (again.status_code, again.json()["code"]) == (422, "papers.reason_missing")
    assert whole["content"]["number"] == paper["number"]
    assert (pdf.status_code, pdf["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert book.status_code == 200
    assert [each["id"] for each in listed["results"]] == [paper["id"]]
    assert "content" not in listed["results"][0]


def test_whoever_may_not_issue_it_is_refused(client: Client):
    shipment = a_delivery()
    client.force_login(grant(make_user(), "orders.view_shipment"))

    answer = client.post(
        f"/api/v1/shipments/{shipment.pk}/issue_certificate/", {}, content_type="application/json"
    )

    assert answer.status_code == 403
    assert not Paper.objects.exists()


def test_in_the_console_the_button_asks_for_the_signature_where_the_rules_do(client: Client):
    shipment = a_delivery()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = f"/admin/orders/shipment/{shipment.pk}/do/certificate-of-conformity/"
    before = client.get(address).content.decode()
    SignaturePolicy.objects.filter(kind="papers.paper", meaning="certificate").update(demand="always")
    after = client.get(address).content.decode()

    assert "signature_password" not in before
    assert "signature_password" in after
