"""Working time in the site's own zone: shifts, breaks, nights, exceptions, clock changes, downtimes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from production.calendars import ASSUMED_REPAIR, downtime_end, join, subtract, working_stretches
from production.models import CalendarException, Downtime, Shift

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shift(weekday: int, starts: str, ends: str, pause: tuple[str, str] | None = None) -> Shift:
    return Shift(
        weekday=weekday,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
        break_starts=time.fromisoformat(pause[0]) if pause else None,
        break_ends=time.fromisoformat(pause[1]) if pause else None,
    )


def hours(stretches: list[tuple[datetime, datetime]]) -> list[str]:
    return [f"{start:%d %H:%M}–{end:%d %H:%M}" for start, end in stretches]


def test_a_shift_is_worked_in_the_sites_own_time_around_its_break():
    found = working_stretches(
        [shift(0, "06:00", "14:00", ("10:00", "10:30"))], [], BERLIN, at("2026-01-05"), at("2026-01-06")
    )

    assert hours(found) == ["05 05:00–05 09:00", "05 09:30–05 13:00"]


def test_a_night_shift_reaches_into_the_next_day_with_its_break_after_midnight():
    found = working_stretches(
        [shift(0, "22:00", "06:00", ("02:00", "02:30"))], [], UTC, at("2026-03-02"), at("2026-03-09")
    )

    assert hours(found) == ["02 22:00–03 02:00", "03 02:30–03 06:00"]


def test_the_night_before_the_horizon_still_counts():
    found = working_stretches([shift(0, "22:00", "06:00")], [], UTC, at("2026-03-03"), at("2026-03-04"))

    assert hours(found) == ["03 00:00–03 06:00"]


def test_the_night_the_clocks_go_forward_is_an_hour_shorter():
    saturday_night = [shift(5, "22:00", "06:00")]

    spring = working_stretches(saturday_night, [], BERLIN, at("2026-03-28"), at("2026-03-30"))
    autumn = working_stretches(saturday_night, [], BERLIN, at("2026-10-24"), at("2026-10-26"))

    assert [end - start for start, end in spring] == [timedelta(hours=7)]
    assert [end - start for start, end in autumn] == [timedelta(hours=9)]


def test_a_shift_that_lies_in_the_hour_that_does_not_exist_is_never_negative():
    found = working_stretches([shift(6, "02:15", "03:00")], [], BERLIN, at("2026-03-29"), at("2026-03-30"))

    assert all(start < end for start, end in found)


def test_shifts_that_meet_are_one_stretch():
    found = working_stretches(
        [shift(0, "06:00", "14:00"), shift(0, "14:00", "22:00")], [], UTC, at("2026-03-02"), at("2026-03-03")
    )

    assert hours(found) == ["02 06:00–02 22:00"]


def test_an_exception_closes_the_day_or_replaces_its_hours():
    daily = [shift(weekday, "08:00", "16:00") for weekday in range(5)]
    holiday = CalendarException(date=date(2026, 3, 3), reason="Holiday")
    short = CalendarException(
        date=date(2026, 3, 4), starts=time(8), ends=time(12), reason="Inventory in the afternoon"
    )

    found = working_stretches(daily, [holiday, short], UTC, at("2026-03-02"), at("2026-03-06"))

    assert hours(found) == ["02 08:00–02 16:00", "04 08:00–04 12:00", "05 08:00–05 16:00"]


def test_downtimes_are_cut_out():
    day = [(at("2026-03-02T08:00"), at("2026-03-02T16:00"))]
    down = [
        (at("2026-03-02T10:00"), at("2026-03-02T11:00")),
        (at("2026-03-02T15:00"), at("2026-03-03T00:00")),
    ]

    assert hours(list(subtract(day, down))) == ["02 08:00–02 10:00", "02 11:00–02 15:00"]


def test_an_open_breakdown_lasts_as_long_as_expected_and_never_ends_in_the_past():
    broke = at("2026-03-02T08:00")
    now = at("2026-03-02T12:00")

    assert downtime_end(Downtime(starts_at=broke, expected_until=at("2026-03-02T18:00")), now) == at(
        "2026-03-02T18:00"
    )
    assert (
        downtime_end(Downtime(starts_at=broke, expected_until=at("2026-03-02T09:00")), now)
        == now + ASSUMED_REPAIR
    )
    assert downtime_end(Downtime(starts_at=broke), now) == now + ASSUMED_REPAIR


def test_touching_stretches_are_joined_and_empty_ones_dropped():
    eight, nine, ten = (at(f"2026-03-02T{hour:02d}:00") for hour in (8, 9, 10))

    assert join([(nine, ten), (eight, nine), (ten, ten)]) == [(eight, ten)]
