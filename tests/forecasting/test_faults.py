"""Of many items those that fail by themselves are found, and the rest is done once."""

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from forecasting import faults


def half_of(bad: set[int]):
    def work(some):
        broken = [one for one in some if one in bad]
        if broken:
            raise ValueError(f"not {broken[0]}")
        return list(some)

    return work


@given(st.integers(1, 80), st.sets(st.integers(0, 79), max_size=faults.MOST_FAULTS))
def test_what_does_not_fail_is_done_once_and_in_order_whatever_fails(count: int, bad: set[int]):
    everybody = list(range(count))
    if bad >= set(everybody):
        with pytest.raises(ValueError, match="not"):
            faults.carried_out(everybody, half_of(bad))
        return

    found = faults.carried_out(everybody, half_of(bad))

    assert [one for portion in found.done for one in portion] == [one for one in everybody if one not in bad]
    assert found.faults == [(one, f"ValueError: not {one} (in work)") for one in everybody if one in bad]


def test_what_is_no_fault_of_an_item_is_not_blamed_on_one():
    calls = []

    def work(some):
        calls.append(some)
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        faults.carried_out(range(100), work)
    assert len(calls) == 1


def test_where_everybody_fails_it_ends_soon():
    calls = []

    def work(some):
        calls.append(some)
        raise ValueError("nothing works")

    with pytest.raises(ValueError, match="nothing works"):
        faults.carried_out(range(100_000), work)
    assert len(calls) < 100


def test_nothing_to_do_is_done():
    assert faults.carried_out([], half_of(set())) == ([], [])
