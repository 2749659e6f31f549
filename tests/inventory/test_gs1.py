"""GS1 keys: a wrong digit is noticed, and every thing has an address."""

import pytest
from django.core.exceptions import ValidationError

from inventory import gs1


@pytest.mark.parametrize(
    ("digits", "check"),
    # GS1 General Specifications, figure 7.9.1-1, and the keys that GS1's and UPC's own examples use.
    [("629104150021", 3), ("0950600013435", 2), ("03600029145", 2)],
)
def test_check_digits_are_those_that_gs1_prints(digits, check):
    assert gs1.check_digit(digits) == check


def test_published_keys_are_sound_and_a_swapped_pair_of_digits_is_not():
    for key in ("6291041500213", "09506000134352", "036000291452"):
        assert gs1.is_sound(key)
    assert not gs1.is_sound("6291041500231")


@pytest.mark.parametrize("wrong", ["", "123", "6291041500214", "62910415002x3", "٦291041500213"])
def test_a_key_that_is_none_is_refused_with_the_reason(wrong):
    for validate in (gs1.validate_gtin, gs1.validate_gln):
        with pytest.raises(ValidationError):
            validate(wrong)


def test_things_have_addresses_in_the_world():
    assert gs1.lot_uri("9506000134352", "A/1") == "https://id.gs1.org/01/09506000134352/10/A%2F1"
    assert gs1.serial_uri("9506000134352", "S1") == "https://id.gs1.org/01/09506000134352/21/S1"
    assert gs1.lot_uri("9506000134352", "a number that is much too long") is None
    assert gs1.private_uri("lot", "BAR 1", "H:9") == "urn:mes:lot:BAR%201:H%3A9"
    assert gs1.stable_uuid("a", 1) == gs1.stable_uuid("a", 1) != gs1.stable_uuid("a", 2)
