"""Room for new work in a plan that stays as it is, on plain numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.insertion import (
    After,
    Block,
    Choice,
    Line,
    NoRoom,
    Pool,
    Quota,
    Use,
    Work,
    insert,
)
from production.making_way import make_way
from production.scheduling import Calendar

ALWAYS = Calendar(((0, 100_000),))
DAYS = Calendar(tuple((day * 1000, day * 1000 + 400) for day in range(20)))  # 400 of every 1,000 seconds


def no_setup(before: object, after: object) -> int:
    return 0


def unlike(before: object, after: object) -> int:
    """Ten seconds from any family to another."""
    return 10 if after is not None and before != after else 0


def saw(key: int = -1, seconds: int = 100, **fields: object) -> Work:
    return Work(key, (Choice(1, seconds),), **fields)  # type: ignore[arg-type]


def test_work_goes_into_the_first_gap_that_holds_it():
    line = Line(ALWAYS, [Block(0, 100, 1), Block(150, 300, 2), Block(500, 600, 3)])

    (room,) = insert([saw()], {1: line}, no_setup, floor=20)

    assert (room.start, room.end, room.ready) == (300, 400, 20)


def test_work_pauses_over_a_break_but_never_over_other_work():
    line = Line(DAYS, [Block(1000, 1100, 1)])

    paused, kept_whole = insert([saw(-1, 200), saw(-2, 350, may_pause=False)], {1: line}, no_setup, floor=300)

    assert (paused.start, paused.end) == (1100, 1300), "the evening would end inside the other's morning"
    assert (kept_whole.start, kept_whole.end) == (2000, 2350)


@pytest.mark.parametrize(
    ("seconds", "start", "end"),
    [
        (400, 50, 450),  # half of the first batch of the saw's hundred seconds is done at fifty
        (40, 80, 120),  # so late that the last half does not keep its machine waiting
    ],
)
def test_work_begins_on_what_is_handed_on_before_the_end(seconds, start, end):
    lines = {1: Line(ALWAYS), 2: Line(ALWAYS)}
    second = Work(-2, (Choice(2, seconds),), (After(-1, share=0.5, amount="20 pcs"),))

    _, room = insert([saw(), second], lines, no_setup, floor=0)

    assert (room.start, room.end) == (start, end)


def test_what_is_handed_on_is_counted_in_working_time():
    lines = {1: Line(DAYS), 2: Line(ALWAYS)}
    second = Work(-2, (Choice(2, 2000),), (After(-1, wait=7, share=0.5),))

    first, room = insert([saw(-1, 600), second], lines, no_setup, floor=200)

    assert (first.start, first.end) == (200, 1400)
    assert room.start == 1107  # 200 s before the night and 100 s after it


def test_a_gap_must_also_hold_the_set_up_that_its_follower_then_needs():
    line = Line(ALWAYS, [Block(0, 100, 1, "A"), Block(220, 300, 2, "A")])

    (tight,) = insert([saw(-1, 105, family="B")], {1: line}, unlike, floor=0)
    (fits,) = insert([saw(-2, 100, family="B")], {1: Line(ALWAYS, line.blocks[:2])}, unlike, floor=0)

    assert (tight.start, tight.run, tight.end) == (300, 310, 415)
    assert (fits.start, fits.run, fits.end) == (100, 110, 210)


def test_the_quickest_of_several_machines_is_taken_and_the_next_step_follows():
    lines = {1: Line(ALWAYS, [Block(0, 500, 1)]), 2: Line(ALWAYS)}
    first = Work(-1, (Choice(1, 100), Choice(2, 300)))
    second = Work(-2, (Choice(1, 100),), after=(After(-1, 60),))

    one, two = insert([first, second], lines, no_setup, floor=0)

    assert (one.machine, one.end) == (2, 300)
    assert (two.ready, two.start) == (360, 500)


def test_work_that_waits_for_material_begins_when_it_is_there():
    (room,) = insert([saw(release=700)], {1: Line(ALWAYS)}, no_setup, floor=0)

    assert room.start == 700


def test_what_fits_nowhere_is_named():
    with pytest.raises(NoRoom) as refusal:
        insert([saw(-7, 500, may_pause=False)], {1: Line(DAYS)}, no_setup, floor=0)

    assert refusal.value.key == -7


def test_an_unlimited_work_center_takes_any_number_at_once():
    line = Line(ALWAYS, is_unlimited=True)

    rooms = insert([saw(-1), saw(-2)], {1: line}, no_setup, floor=50)

    assert [room.start for room in rooms] == [50, 50]


def test_what_makes_way_goes_to_the_next_gap_and_what_waits_for_it_follows():
    first, stays = Block(0, 100, 1), Block(150, 1000, 2)
    after = Block(120, 170, 3)
    lines = {1: Line(ALWAYS, [first, stays]), 2: Line(ALWAYS, [after])}
    planned = {1: (1, first), 2: (1, stays), 3: (2, after)}
    rooms = insert([saw()], {1: lines[1].without({1}), 2: lines[2]}, no_setup, floor=0)

    moved = make_way(rooms, {-1: None}, lines, planned, {1, 3}, {1: [After(3)]}, no_setup)

    assert [block.key for block in lines[1].between(rooms[0].start, rooms[0].end)] == [1]
    assert moved is not None
    assert {key: (block.start, block.end) for key, block in moved.items()} == {
        1: (1000, 1100),
        3: (1100, 1150),
    }


def test_what_has_too_little_room_for_its_set_up_makes_way_too():
    first, after = Block(0, 110, 1, "A"), Block(110, 210, 2, "A")
    line = Line(ALWAYS, [first, after])
    planned = {1: (1, first), 2: (1, after)}
    rooms = insert([saw(-1, 100, family="B")], {1: line.without({1, 2})}, unlike, floor=0)

    moved = make_way(rooms, {-1: "B"}, {1: line}, planned, {1, 2}, {}, unlike)

    assert (rooms[0].start, rooms[0].run, rooms[0].end) == (0, 10, 110)
    assert moved is not None
    assert {key: (block.start, block.run, block.end) for key, block in moved.items()} == {
        1: (110, 120, 230),
        2: (230, 230, 330),
    }


def test_nobody_makes_way_where_a_follower_may_not_move():
    first, after = Block(0, 100, 1), Block(120, 170, 3)
    lines = {1: Line(ALWAYS, [first]), 2: Line(ALWAYS, [after])}
    planned = {1: (1, first), 3: (2, after)}
    rooms = insert([saw()], {1: lines[1].without({1})}, no_setup, floor=0)

    assert make_way(rooms, {-1: None}, lines, planned, {1}, {1: [After(3)]}, no_setup) is None


def test_a_tool_that_others_have_or_that_is_away_is_waited_for():
    pool = Pool(2, [Use(0, 300, 1), Use(200, 600, 1), Use(900, 1000, 2)])

    one, other = insert(
        [saw(-1, needs=(("jig", 1),)), saw(-2, 250, needs=(("jig", 2),))],
        {1: Line(ALWAYS)},
        no_setup,
        floor=150,
        pools={"jig": pool},
    )

    assert (one.start, other.start) == (300, 600)


def test_work_that_needs_more_tools_than_there_are_fits_nowhere():
    with pytest.raises(NoRoom):
        insert([saw(needs=(("jig", 3),))], {1: Line(ALWAYS)}, no_setup, floor=0, pools={"jig": Pool(2)})


def test_a_week_whose_open_share_is_used_up_is_left_to_whom_it_is_reserved_for():
    quota = Quota(weeks=[0, 1000, 2000], allowed=[500, 500], taken={0: 450})

    rooms = insert([saw(-1), saw(-2, 600), saw(-3)], {1: Line(ALWAYS, quota=quota)}, no_setup, floor=0)

    assert [room.start for room in rooms] == [1000, 2000, 1100], (
        "one too long for any share waits for an empty week"
    )


@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(0, 60)), max_size=12),
    st.lists(st.tuples(st.integers(1, 300), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 900),
)
def test_whatever_is_planned_new_work_never_overlaps_it_and_works_its_full_time(spans, works, floor):
    blocks, at = [], 0
    for key, (seconds, gap) in enumerate(spans, start=1):
        start = DAYS.next_open(at + gap) or 0
        end = DAYS.end_after(start, seconds) or 0
        blocks.append(Block(start, end, key))
        at = end
    line = Line(DAYS, blocks)
    wanted = [
        saw(-number, seconds, may_pause=may_pause, after=(After(1 - number),) if number > 1 else ())
        for number, (seconds, may_pause) in enumerate(works, start=1)
    ]

    rooms = insert(wanted, {1: line}, no_setup, floor=floor)

    ordered = sorted(line.blocks)
    assert all(one.end <= other.start for one, other in pairwise(ordered))
    for room, (seconds, may_pause) in zip(rooms, works, strict=True):
        assert room.start >= floor
        assert DAYS.worked_between(room.start, room.end) == seconds
        assert may_pause or room.end - room.start == seconds
    assert all(one.end <= other.start for one, other in pairwise(rooms))
