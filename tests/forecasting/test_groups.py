"""What hangs together is netted together, and shared out in parcels of about equal size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.netting import groups, parcels


def test_items_hang_together_by_way_of_others_and_ties_to_strangers_count_for_nothing():
    assert groups([1, 2, 3, 4, 5], [(1, 4), (4, 3), (5, 99), (98, 99)]) == [[1, 3, 4], [2], [5]]


def test_a_plant_without_any_tie_is_as_many_groups_as_items():
    assert groups(range(4), []) == [[0], [1], [2], [3]]


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=80),
)
def test_every_item_is_in_one_group_and_no_tie_leads_out_of_it(count: int, ties: list[tuple[int, int]]):
    found = groups(range(count), ties)

    assert sorted(item for group in found for item in group) == list(range(count))
    place = {item: number for number, group in enumerate(found) for item in group}
    for one, other in ties:
        if one < count and other < count:
            assert place[one] == place[other]


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(1, 40))
def test_parcels_hold_all_groups_whole_and_no_more_than_asked_for_unless_one_group_does(
    sizes: list[int], most: int
):
    found = [[number] * size for number, size in enumerate(sizes)]

    shared = parcels(found, most)

    assert sorted(group for parcel in shared for group in parcel) == sorted(found)
    held = [sum(len(group) for group in parcel) for parcel in shared]
    assert held == sorted(held, reverse=True)
    assert all(size <= most or len(parcel) == 1 for size, parcel in zip(held, shared, strict=True))


@pytest.mark.parametrize(("items", "sizes"), [(600, [300, 300]), (500, [500]), (1_100, [367, 367, 366])])
def test_single_items_are_shared_out_evenly(items: int, sizes: list[int]):
    shared = parcels([[item] for item in range(items)], 500)

    assert [len(parcel) for parcel in shared] == sizes
