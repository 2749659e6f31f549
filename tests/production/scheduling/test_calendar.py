from hypothesis import given
from hypothesis import strategies as st

from production.scheduling import Calendar

WINDOWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=6).map(
    lambda rows: Calendar(tuple((start, start + length) for start, length in rows))
)


def open_seconds(calendar, start, end):
    return sum(any(a <= second < b for a, b in calendar.windows) for second in range(start, end))


def test_windows_that_touch_or_overlap_are_one_and_empty_ones_are_none():
    calendar = Calendar(((20, 30), (0, 10), (10, 15), (12, 18), (40, 40)))
    assert calendar.windows == ((0, 18), (20, 30))
    assert calendar.total == 28
    assert calendar.longest == 18


def test_work_pauses_over_the_break_and_ends_at_closing_time_not_at_the_next_opening():
    calendar = Calendar(((8, 12), (13, 17)))
    assert calendar.end_after(10, 2) == 12
    assert calendar.end_after(10, 3) == 14
    assert calendar.end_after(12, 1) == 14
    assert calendar.end_after(10, 6) == 17
    assert calendar.end_after(10, 7) is None


def test_a_run_that_must_not_pause_waits_for_a_window_that_holds_it():
    calendar = Calendar(((8, 12), (13, 18)))
    assert calendar.fit(9, 3) == 9
    assert calendar.fit(9, 4) == 13
    assert calendar.fit(14, 5) is None


def test_opening_lies_after_a_break_and_closing_before_it():
    calendar = Calendar(((8, 12), (13, 17)))
    assert calendar.worked(12) == calendar.worked(13) == 4
    assert calendar.opening(4) == 13
    assert calendar.closing(4) == 12
    assert calendar.opening(8) is None
    assert calendar.closing(8) == 17
    assert calendar.next_open(12) == 13
    assert calendar.next_open(17) is None
    assert calendar.is_open(16)
    assert not calendar.is_open(17)


def test_a_calendar_without_windows_never_opens():
    calendar = Calendar(())
    assert calendar.next_open(0) is None
    assert calendar.end_after(0, 1) is None
    assert calendar.total == 0


@given(WINDOWS, st.integers(0, 90), st.integers(1, 30))
def test_end_after_is_what_counting_second_by_second_gives(calendar, start, seconds):
    end = calendar.end_after(start, seconds)
    if end is None:
        assert open_seconds(calendar, start, 100) < seconds
    else:
        assert open_seconds(calendar, start, end) == seconds
        assert open_seconds(calendar, start, end - 1) == seconds - 1


@given(WINDOWS, st.integers(0, 90), st.integers(0, 90))
def test_worked_between_is_what_counting_gives(calendar, one, other):
    start, end = sorted((one, other))
    assert calendar.worked_between(start, end) == open_seconds(calendar, start, end)


@given(WINDOWS, st.integers(0, 90), st.integers(1, 20))
def test_fit_is_the_first_moment_with_room(calendar, at, seconds):
    first = next((t for t in range(at, 100) if open_seconds(calendar, t, t + seconds) == seconds), None)
    assert calendar.fit(at, seconds) == first
