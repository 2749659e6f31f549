"""Labels are read by scanners: by zxing off the drawn page, and by biip as GS1 element strings."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from inventory import services
from inventory.models import Lot
from inventory.services import WrongLabels
from mes.papers import services as papers
from mes.papers.drawing import gs1
from mes.papers.drawing.gs1 import NotGs1
from mes.papers.models import Paper
from mes.papers.services import ReasonMissing
from tests.papers.reading import pages_of, scanned
from tests.plant import MONDAY, make_item, make_lot, make_user

GTIN = "9506000134352"
PREFIX = "9506000"
database = pytest.mark.django_db


def labelled(lot: Lot, **more: Any) -> Paper:
    return services.issue_labels(lot, by=make_user(), at=MONDAY, **more)


def elements_in(found: object) -> dict[str, str]:
    """AI and value of everything that a GS1 symbol says, read by biip; it vouches for lengths and check digits."""
    message = GS1Message.parse(found.bytes.decode())
    assert [
        (each.gtin_error, each.sscc_error)
        for each in message.element_strings
        if each.gtin_error or each.sscc_error
    ] == []
    return {each.ai.ai: each.value for each in message.element_strings}


@database
@pytest.mark.parametrize("size", ["100x60", "70x37", "50x30", "148x105"])
def test_a_label_of_every_size_is_scanned_as_gs1(size: str):
    lot = make_lot(make_item(gtin=GTIN), 12, number="LOT-7", expires_on=date(2027, 3, 1))
    codes = scanned(papers.printed(labelled(lot, size=size)))

    assert {found.symbology_identifier for found in codes} == {"]C1", "]d2"}
    for found in codes:
        assert elements_in(found) == {"01": "09506000134352", "17": "270301", "10": "LOT-7"}


@database
def test_a_serial_number_is_told_as_such():
    lot = make_lot(make_item(gtin=GTIN, tracking="serial"), 1, number="SN-0001")
    Lot.objects.filter(pk=lot.pk).update(is_serial=True)

    for found in scanned(papers.printed(labelled(lot))):
        assert elements_in(found) == {"01": "09506000134352", "21": "SN-0001"}


@database
def test_packs_carry_a_number_of_their_own_what_they_hold_and_how_many(settings):
    settings.MES = settings.MES | {"GS1_PREFIX": PREFIX}
    lot = make_lot(make_item(gtin=GTIN), 25, number="LOT-8", expires_on=date(2027, 3, 1))
    paper = labelled(lot, per_pack=Decimal(10))
    drawn = papers.printed(paper)

    assert len(pages_of(drawn)) == 3
    counts, numbers = [], set()
    for page in range(3):
        by_kind = {found.symbology_identifier: elements_in(found) for found in scanned(drawn, page)}
        matrix = by_kind["]d2"]
        assert by_kind["]C1"] == {"00": matrix["00"]}
        assert {key: matrix[key] for key in ("02", "10", "17")} == {
            "02": "09506000134352",
            "10": "LOT-8",
            "17": "270301",
        }
        counts.append(matrix["37"])
        numbers.add(matrix["00"])
    assert counts == ["10", "10", "5"]
    assert len(numbers) == 3
    assert all(number[1:8] == PREFIX for number in numbers)


@database
def test_without_a_company_prefix_a_pack_says_its_count_in_words_only():
    lot = make_lot(make_item(gtin=GTIN), 20, number="LOT-9")
    drawn = papers.printed(labelled(lot, per_pack=Decimal(10)))

    assert elements_in(scanned(drawn)[0]) == {"01": "09506000134352", "10": "LOT-9"}
    assert "10 pcs" in pages_of(drawn)[0]


@database
def test_without_a_gtin_the_barcodes_hold_our_lot_number():
    lot = make_lot(make_item(), 5, number="P-00042")
    codes = scanned(papers.printed(labelled(lot)))

    assert {(found.symbology_identifier, found.text) for found in codes} == {
        ("]C0", "P-00042"),
        ("]d1", "P-00042"),
    }


@database
def test_a_number_that_gs1_does_not_allow_is_labelled_in_our_own_terms():
    lot = make_lot(make_item(gtin=GTIN), 5, number="A LOT NUMBER WITH SPACES")

    assert {found.text for found in scanned(papers.printed(labelled(lot)))} == {"A LOT NUMBER WITH SPACES"}


@database
def test_a_lot_that_may_not_be_used_says_so_on_its_label():
    lot = make_lot(make_item(), 5, status=Lot.Status.QUARANTINE)

    assert "Quarantine" in pages_of(papers.printed(labelled(lot)))[0]


@database
def test_copies_are_pages_and_again_needs_a_reason():
    lot = make_lot(make_item(), 5)
    paper = labelled(lot, copies=4)

    assert len(pages_of(papers.printed(paper))) == 4
    with pytest.raises(ReasonMissing):
        labelled(lot)
    assert labelled(lot, reason="Two fell off").revision == 2


@database
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"size": "A4"}, "size"),
        ({"copies": 0}, "copies"),
        ({"copies": 501}, "copies"),
        ({"per_pack": Decimal("0.01")}, "per_pack"),
    ],
)
def test_what_cannot_be_labelled_is_refused_at_its_field(asked: dict[str, object], field: str):
    lot = make_lot(make_item(uom="KGM"), 50)

    with pytest.raises(WrongLabels) as refusal:
        labelled(lot, **asked)

    assert set(refusal.value.errors) == {field}
    assert not Paper.objects.exists()


def test_check_digits_are_those_of_the_standard():
    # GS1 General Specifications, section 7.9: the worked examples.
    assert gs1.check_digit("629104150021") == "3"
    assert gs1.check_digit("37610425002123456") == "9"
    assert gs1.sscc("0614141", 123456789, "1") == "106141411234567897"


def test_a_wrong_check_digit_is_no_gtin():
    with pytest.raises(NotGs1, match="should be 2"):
        gs1.gtin_14("9506000134351")


@given(st.text("0123456789", min_size=13, max_size=13), st.text("ABCXYZabc019-/._", min_size=1, max_size=20))
def test_biip_reads_back_every_element_string(digits: str, number: str):
    key = digits + gs1.check_digit(digits)
    told = gs1.element_string({gs1.GTIN: key, gs1.EXPIRY: "270301", gs1.LOT: number})

    message = GS1Message.parse_hri(gs1.readable(told))
    assert {each.ai.ai: each.value for each in message.element_strings} == {
        "01": key,
        "17": "270301",
        "10": number,
    }
    assert message.element_strings[0].gtin_error is None
