"""A recall in a real browser: from the supplier's lot to the customers' notices, and closed by a signature."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Lot
from orders import services
from quality.models import Recall
from tests.e2e.conftest import Login
from tests.e2e.test_console import pixels_too_wide
from tests.plant import make_user
from tests.recalls.case import acting, make_case, ship_to
from tests.records.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_recall_goes_from_the_suppliers_lot_to_the_customers_notices(page: Page, login: Login):
    case = make_case()
    manager = make_user("manager", password=PASSWORD, is_staff=True, is_superuser=True)
    login(page, manager)

    page.goto("/console/recalls/")
    expect(page.get_by_text("No recall is under way.")).to_be_visible()
    page.get_by_label("Starts from").select_option("supplier_lot")
    page.get_by_role("textbox", name="Supplier's lot").fill("H-99")
    page.get_by_label(re.compile("^What is wrong")).fill("Wrong alloy in the heat")
    page.get_by_role("button", name="Find what is affected").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no lot for: Supplier's lot H-99")
    expect(page.get_by_label(re.compile("^What is wrong"))).to_have_value("Wrong alloy in the heat")

    page.get_by_role("textbox", name="Supplier's lot").fill("H-66")
    page.get_by_role("button", name="Find what is affected").click()
    expect(page.get_by_role("heading", name=re.compile("^2 affected lots"))).to_be_visible()
    expect(page.locator("time[data-since]")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    page.get_by_role("button", name="Hold all 2 lots now").click()
    expect(page.get_by_text("Nobody can issue or ship any of it.")).to_be_visible()
    assert Lot.objects.get(pk=case.parts.pk).is_recalled

    expect(page.get_by_text("Everything is accounted for")).to_be_visible()
    page.get_by_role("button", name="Quantities are right").click()
    expect(page.get_by_text("The quantities are confirmed.")).to_be_visible()
    expect(page.locator("time[data-since]")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"^Known after"))).to_be_visible()
    expect(page.get_by_text("0 of 8 pcs accounted for")).to_be_visible()
    page.get_by_role("button", name="Prepare notices").click()
    expect(page.get_by_text("2 notices are ready to be read and sent.")).to_be_visible()
    letter = page.get_by_label("Text of the notice").first
    expect(letter).to_have_value(re.compile("Dear Alpha Air"))
    page.get_by_role("button", name="It is sent").first.click()
    expect(page.get_by_role("alert")).to_have_text("Say to whom it was sent.")
    for _ in range(2):
        page.get_by_label("To whom").first.fill("quality@customer.example")
        page.get_by_role("button", name="It is sent").first.click()
        expect(page.get_by_text("is noted as sent to quality@customer.example")).to_be_visible()
    page.locator(".mes-notice summary").first.click()
    page.get_by_label(re.compile("^Destroyed of")).first.fill("5")
    page.get_by_role("button", name="Note", exact=True).first.click()
    expect(page.get_by_text("5 of 8 pcs accounted for")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Accounted for")).to_have_attribute("aria-valuenow", "63")
    expect(page.get_by_text("62.5 %")).to_be_visible()
    page.locator(".mes-notice summary").first.click()
    page.get_by_label("Who confirmed").first.fill("A. Buyer, by telephone")
    page.get_by_role("button", name="They know of it").first.click()
    expect(page.get_by_text(re.compile("confirmed .* by A. Buyer, by telephone"))).to_be_visible()

    page.get_by_label("Decision").select_option("reject")
    page.get_by_label("Why", exact=True).fill("Wrong alloy")
    page.get_by_role("button", name=re.compile("^Decide the ticked")).click()
    expect(page.get_by_text("Decided about 2 lots;")).to_be_visible()
    page.get_by_label("Conclusion").fill("All told; what is here is scrapped.")
    page.get_by_label("User name").fill("manager")
    page.get_by_label("Password").fill("guessed")
    page.get_by_role("button", name="Sign and close").click()
    expect(page.get_by_label("Conclusion")).to_have_value("All told; what is here is scrapped.")
    assert Recall.objects.get().status == "held"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and close").click()
    expect(page.get_by_text("is closed and signed.")).to_be_visible()
    expect(page.get_by_text("Closing of a recall")).to_be_visible()

    closed = Recall.objects.get()
    assert (closed.status, closed.effectiveness) == ("closed", Decimal("62.5"))
    page.goto("/console/recalls/")
    expect(page.get_by_role("row", name=re.compile(f"^{closed.number}.*Closed"))).to_contain_text("62.5 %")
    assert Lot.objects.get(pk=case.parts.pk).status == "rejected"


def test_what_all_came_back_of_is_filled_in_at_once_and_noted_with_who_confirmed(page: Page, login: Login):
    case = make_case()
    ship_to(case.alpha, case.item, 14)  # twelve of one lot, two of the other
    recall = services.start_recall(
        basis="lot", reason="Wrong label", lots=[case.parts, case.others], **acting()
    )
    for each in services.prepare_notices(recall, **acting()):
        services.send_notice(each, "phone", "somebody", **acting())
    login(page, make_user("manager", password=PASSWORD, is_staff=True, is_superuser=True))

    page.goto(f"/console/recalls/{recall.pk}/")
    notice = page.locator(".mes-notice", has_text="Alpha Air")
    notice.locator("summary").click()
    came, gone = (notice.get_by_label(re.compile(name)) for name in ("^Came back of", "^Destroyed of"))
    came.first.fill("1")
    notice.get_by_role("button", name="All destroyed").click()
    expect(came.first).to_have_value("")
    assert sorted(field.input_value() for field in gone.all()) == ["17", "2"]
    notice.get_by_label("Who confirmed").fill("A. Buyer")
    notice.get_by_role("button", name="They know of it").click()

    expect(page.get_by_text("Alpha Air knows of it. Noted for 2 lots at Alpha Air.")).to_be_visible()
    expect(page.get_by_text("19 of 22 pcs accounted for")).to_be_visible()


def test_a_drill_runs_against_the_clock_and_neither_holds_nor_tells(page: Page, login: Login):
    case = make_case()
    login(page, make_user("manager", password=PASSWORD, is_staff=True, is_superuser=True))

    page.goto("/console/recalls/?basis=supplier_lot")
    page.get_by_label("Starts from").select_option("supplier_lot")
    page.get_by_role("textbox", name="Supplier's lot").fill("H-66")
    page.get_by_label(re.compile("^What is wrong")).fill("Quarterly drill")
    page.get_by_role("checkbox", name=re.compile("A drill")).check()
    page.get_by_role("button", name="Find what is affected").click()
    expect(page.get_by_text("Drill: nothing is held, nobody is told")).to_be_visible()
    clock = page.locator("time[data-since]")
    expect(clock).to_have_text(re.compile(r"^00:0\d:\d\d$"))
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    expect(page.get_by_role("button", name=re.compile("^Hold all"))).to_have_count(0)

    page.get_by_role("button", name="Quantities are right").click()
    expect(page.get_by_text(re.compile(r"^Known after"))).to_be_visible()
    expect(clock).to_have_count(0)
    page.get_by_label("Conclusion").fill("Everything was found.")
    page.get_by_label("User name").fill("manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and close").click()
    expect(page.get_by_text("is closed and signed.")).to_be_visible()

    drill = Recall.objects.get()
    assert (drill.is_mock, drill.status, drill.held_at) == (True, "closed", None)
    assert Lot.objects.get(pk=case.parts.pk).status == "released"
    page.goto("/console/recalls/")
    row = page.get_by_role("row", name=re.compile(f"^{drill.number}"))
    expect(row).to_contain_text("Drill")
    expect(row).to_contain_text(re.compile(r"\d+ (s|min)"))


def test_the_pages_fit_their_screens_sort_and_lead_from_a_lot_to_its_recall(page: Page, login: Login):
    case = make_case()
    login(page, make_user("manager", is_staff=True, is_superuser=True))

    page.goto(f"/console/lots/{case.bad.pk}/genealogy/")
    heading = page.get_by_role("columnheader", name="Came")
    rows = page.locator(".mes-trace tbody tr strong")
    heading.click()
    first = rows.first.inner_text()
    heading.click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert {first, rows.first.inner_text()} <= {case.bad.number, case.parts.number}
    page.get_by_role("link", name="Recall it…").click()
    expect(page.get_by_role("textbox", name="Lot or serial numbers")).to_have_value(case.bad.number)
    page.get_by_label(re.compile("^What is wrong")).fill("Doubt")
    page.get_by_role("button", name="Find what is affected").click()
    page.wait_for_url(re.compile(r"/console/recalls/\d+/"))
    for address in (page.url, "/console/recalls/", f"/console/lots/{case.parts.pk}/genealogy/"):
        for width, height in ((1440, 900), (1024, 768)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address)
            assert pixels_too_wide(page) == 0, address
