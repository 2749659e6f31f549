"""One order walked through its pages by those who work on it: from what a customer requires to the certificate that says it was met."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inventory.models import Lot
from mes.core.models import Meaning, Signature, SignaturePolicy, User
from mes.core.roles import ensure_roles
from mes.papers.models import Paper
from orders.models import CustomOrder, Requirement, Shipment
from production.models import Batch, Operation, ProductionOrder
from quality.models import Inspection, Nonconformance
from tests.e2e.conftest import BrowserPage, Login
from tests.orders.desk import deliver_news, lots_of, make_customer, make_order, make_part, production_of
from tests.plant import MONDAY, make_lot, make_supplier, make_user
from tests.records.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY
SHOTS = os.environ.get("MES_SHOTS", "")
SIGNED = [
    ("inventory.lot", Meaning.RELEASE, True),
    ("quality.nonconformance", Meaning.DISPOSITION, False),
    ("papers.paper", Meaning.CERTIFICATE, False),
    ("production.batch", Meaning.REVIEW, True),
]
Screens = Callable[[str], Page]


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"walk-{name}.png"), full_page=True)


@pytest.fixture
def screens(browser_page: BrowserPage, login: Login) -> Screens:
    """A screen for each role, each with its own session: `screens("operator")`."""
    groups = {group.name: group for group in ensure_roles()}
    pages: dict[str, Page] = {}

    def screen(role: str) -> Page:
        if role not in pages:
            user: User = make_user(
                role, password=PASSWORD, first_name="Robin", last_name=role.title(), is_staff=True
            )
            user.groups.add(groups[role])
            pages[role] = browser_page()
            login(pages[role], user)
        return pages[role]

    return screen


@pytest.fixture
def _rules() -> None:
    """The signature rules as they are migrated, which emptied tables of an earlier test took along."""
    for kind, meaning, strict in SIGNED:
        SignaturePolicy.objects.update_or_create(
            kind=kind, meaning=meaning, defaults={"demand": "regulated", "not_the_author": strict}
        )


def go(page: Page, record: Any) -> None:
    page.goto(f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/")


def press(page: Page, button: str) -> Locator:
    """Press the button of a page that opens a dialog; the dialog."""
    page.locator("a, button").filter(has_text=re.compile(f"(^|\\s){re.escape(button)}\\s*$")).first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def send(dialog: Locator) -> None:
    dialog.locator("button[type=submit], input[type=submit]").last.click()


def sign(dialog: Locator, name: str, password: str = PASSWORD) -> None:
    """User name, where it is asked for, and password; then send."""
    dialog.locator("input[name=signature_password]").wait_for()
    if dialog.get_by_label("User name").count():
        dialog.get_by_label("User name").fill(name)
    dialog.locator("input[name=signature_password]").fill(password)
    send(dialog)


def states_of(page: Page, order: CustomOrder) -> list[str]:
    """The state of each requirement, as the matrix of the order shows it."""
    go(page, order)
    rows = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Requirements")))
    return rows.locator("tbody .mes-chip").all_inner_texts()


def require(page: Page, **typed: str) -> None:
    dialog = press(page, "Require of line 1…")
    for name, value in typed.items():
        field = dialog.locator(f"[name={name}]")
        if name == "kind":
            field.select_option(value)
        else:
            field.fill(value)
    send(dialog)
    expect(page.get_by_text(typed["text"]).first).to_be_visible()


def enter_results(page: Page, *values: str) -> None:
    """Record one value after the other, as the page asks for them; one of an attribute is its key."""
    for value in values:
        box = page.locator("input[name=value]")
        expect(box).to_have_value("")
        box.fill(value)
        page.get_by_role("button", name=re.compile("^Record and next")).click()
        page.wait_for_load_state()


def start(page: Page) -> None:
    """Start the operation of the page at the first machine that may do it; without a plan the machine has to be chosen."""
    dialog = press(page, "Start…")
    send(dialog)
    expect(dialog).to_contain_text("may run on several machines")
    dialog.get_by_label("Machine").select_option(index=1)
    send(dialog)
    expect(page.get_by_text("Start: 1 done")).to_be_visible()


def operations(order: ProductionOrder) -> list[Operation]:
    return list(Operation.objects.filter(batch__order=order).order_by("sequence"))


@pytest.mark.usefixtures("_rules")
def test_an_order_goes_from_what_the_customer_requires_to_the_certificate_that_says_it_was_met(
    screens: Screens,
):
    part = make_part()
    part.item.is_regulated = True
    part.item.save()
    mill = make_supplier(name="Titanium Mills")
    bare = make_lot(part.bar, 10, number="BAR-WITHOUT", supplier=mill)
    make_lot(
        part.bar, 10, number="BAR-3.1", supplier=mill, attributes={"certificate": "3.1-0815", "heat": "H-7"}
    )
    order = make_order(
        (part.item, 4, NOW.date() + timedelta(days=10)),
        customer=make_customer("Aldergrove Aero"),
        customer_reference="PO-77",
        at=NOW,
    )
    planner, operator, inspector, manager = map(screens, ("planner", "operator", "inspector", "manager"))

    # The planner states what the customer requires on the line, and confirms.
    go(planner, order)
    expect(planner.get_by_text("The customer asks nothing beyond the drawing.")).to_be_visible()
    require(
        planner,
        kind="material",
        text="Bar with certificate 3.1",
        component_number=part.bar.number,
        attribute="certificate",
    )
    require(
        planner,
        kind="characteristic",
        text="Hardness 36 to 40 HRC",
        characteristic_name="Hardness",
        lower_limit="36",
        upper_limit="40",
    )
    require(planner, kind="document", text="Certificate of conformity with heat numbers")
    press(planner, "Confirm")
    send(planner.locator("#dialog"))
    expect(planner.get_by_text("Confirm: 1 done")).to_be_visible()
    assert states_of(planner, order) == ["Open", "Open", "Open"]
    look(planner, "1-confirmed")
    made = production_of(order)
    go(planner, made)
    press(planner, "Release")
    send(planner.locator("#dialog"))
    expect(planner.get_by_text("Release: 1 done")).to_be_visible()

    # It is handed down: the operator reads it where the material is issued, and a lot without the certificate is refused.
    saw, turn = operations(made)
    go(operator, saw)
    asked = operator.get_by_role("region", name=re.compile("^The customer asks"))
    expect(asked).to_contain_text("Bar with certificate 3.1")
    expect(asked).not_to_contain_text("Hardness")
    start(operator)
    finish = press(operator, "Finish…")
    expect(finish).to_contain_text(f"The customer asks for {part.bar} with certificate.")
    finish.get_by_label("Lots used").fill(f"{bare}: 4")
    send(finish)
    expect(finish).to_contain_text(re.compile("BAR-WITHOUT.*certificate", re.DOTALL))
    expect(finish).to_contain_text("Take a lot that does")
    look(operator, "2-refused")
    expect(finish.get_by_label("Lots used")).to_have_value("BAR-WITHOUT: 4")
    saw.refresh_from_db()
    assert saw.status == Operation.Status.RUNNING
    finish.get_by_label("Lots used").fill("BAR-3.1: 4")
    send(finish)
    expect(operator.get_by_text("Finish: 1 done")).to_be_visible()
    assert states_of(planner, order) == ["Proven", "Open", "Open"]
    go(operator, turn)
    expect(operator.get_by_role("region", name=re.compile("^The customer asks"))).to_contain_text("36 to 40")
    start(operator)
    send(press(operator, "Finish…"))
    expect(operator.get_by_text("Finish: 1 done")).to_be_visible()

    # The inspector measures: 41 HRC is within the drawing and beyond what this customer asked for.
    inspector.goto("/console/quality/")
    inspector.get_by_role("link", name="Inspect", exact=True).first.click()
    expect(inspector.get_by_text("36 to 40")).to_be_visible()
    expect(inspector.get_by_text(f"Tightened for {order.lines.get()}")).to_be_visible()
    enter_results(inspector, "38", "38.5", "41", "39")
    expect(inspector.get_by_text("✗ Failed")).to_be_visible()
    look(inspector, "3-failed")
    deliver_news()
    (lot,) = lots_of(made)
    assert lot.status == Lot.Status.HELD
    assert states_of(planner, order)[1] in {"Open", "Not met"}

    # Neither the goods nor the certificate leave.
    ship = press(planner, "Ship…")
    send(ship)
    expect(ship).to_contain_text("is ready")
    planner.keyboard.press("Escape")
    line = order.lines.get()
    go(planner, line)
    certify = press(planner, "Certificate of conformity…")
    sign(certify, "planner")
    expect(certify).to_contain_text(f"Nothing is set aside for {line}. Cover the line")
    assert not Shipment.objects.exists()
    assert not Paper.objects.exists()
    assert not Signature.objects.exists()

    # The disposition is signed: a wrong password decides nothing, the right one sends it to rework.
    found = Nonconformance.objects.get(lot=lot)
    inspector.get_by_role("link", name=f"Decide {found}").click()
    decide = press(inspector, "Decide…")
    decide.get_by_label("Disposition").select_option("rework")
    decide.get_by_label("Justification").fill("Tempered again to 38 HRC, procedure HT-12")
    sign(decide, "inspector", "a-guess")
    expect(decide).to_contain_text("User name and password are not yours")
    found.refresh_from_db()
    assert (found.status, Signature.objects.count()) == ("open", 0)
    sign(decide, "inspector")
    expect(inspector.get_by_role("heading", name="Signatures", exact=True)).to_be_visible()
    look(inspector, "4-decided")
    deliver_news()

    # Inspected again, now within what was asked; the final inspection follows.
    for values in (("38", "38.5", "38", "39"), ("10", "10.1", "9.9", "10")):
        inspector.goto("/console/quality/")
        inspector.get_by_role("link", name="Inspect", exact=True).first.click()
        enter_results(inspector, *values)
        expect(inspector.get_by_text("✓ Passed")).to_be_visible()
        deliver_news()
    assert not Inspection.objects.open().exists()
    go(inspector, found)
    send(press(inspector, "Close…"))
    expect(inspector.get_by_text("Close: 1 done")).to_be_visible()

    # A regulated batch is reviewed first: what was unusual is answered, and the whole signed.
    batch = Batch.objects.get(lot=lot)
    go(manager, batch)
    answer = press(manager, "Answer exceptions…")
    for box in answer.locator("input[name=exceptions]").all():
        box.check()
    answer.locator("textarea[name=answer]").fill("Looked at with the customer's limit beside it")
    send(answer)
    expect(manager.get_by_text("Answer exceptions: 1 done")).to_be_visible()
    sign(press(manager, "Sign the review…"), "manager")
    expect(manager.get_by_text("its lot may be released")).to_be_visible()

    # A lot of a regulated item waits for a signature of somebody who did not measure it.
    go(inspector, lot)
    release = press(inspector, "Release")
    sign(release, "inspector")
    expect(release).to_contain_text("somebody else")
    go(manager, lot)
    release = press(manager, "Release")
    sign(release, "manager")
    expect(manager.get_by_text("Release: 1 done")).to_be_visible()
    expect(manager.get_by_text("Robin Manager").first).to_be_visible()
    look(manager, "5-released")
    deliver_news()
    assert states_of(planner, order) == ["Proven", "Proven", "Open"]

    # Shipment is refused for the document alone, until the certificate is issued and signed.
    ship = press(planner, "Ship…")
    send(ship)
    expect(ship).to_contain_text("Certificate of conformity with heat numbers")
    expect(ship).to_contain_text("Complete the evidence")
    look(planner, "6-not-shipped")
    assert not Shipment.objects.exists()
    go(planner, line)
    certify = press(planner, "Certificate of conformity…")
    sign(certify, "planner")
    paper = planner.get_by_text("Certificate of conformity: 1 done")
    expect(paper).to_be_visible()
    certificate = Paper.objects.get(kind=Paper.Kind.CERTIFICATE)
    assert states_of(planner, order) == ["Proven", "Proven", "Proven"]
    look(planner, "7-proven")
    go(planner, certificate)
    for told in (
        "Aldergrove Aero",
        "PO-77",
        "3.1-0815",
        "Titanium Mills",
        "Hardness 36 to 40 HRC",
        "Robin Planner",
    ):
        expect(planner.get_by_text(told).first).to_be_visible()
    look(planner, "8-certificate")

    go(planner, order)
    ship = press(planner, "Ship…")
    ship.get_by_label("Carrier", exact=True).fill("Air Freight")
    send(ship)
    expect(planner.get_by_text("Ship: 1 done")).to_be_visible()
    order.refresh_from_db()
    assert order.status == CustomOrder.Status.SHIPPED
    assert not Requirement.objects.filter(line__order=order, kind="document", proven_at=None).exists()
    assert set(Signature.objects.values_list("meaning", "signer__username")) == {
        (Meaning.DISPOSITION, "inspector"),
        (Meaning.REVIEW, "manager"),
        (Meaning.RELEASE, "manager"),
        (Meaning.CERTIFICATE, "planner"),
    }
