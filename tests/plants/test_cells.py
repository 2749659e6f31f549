"""What the cells of plant files may say."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mes.plant import cells
from mes.plant.cells import CellError, Clock

THURSDAY = Clock(date(2026, 3, 5), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("today", date(2026, 3, 5)),
        ("+12", date(2026, 3, 17)),
        ("today-30", date(2026, 2, 3)),
        ("+2w", date(2026, 3, 19)),
        ("+1wd", date(2026, 3, 6)),
        ("+2wd", date(2026, 3, 9)),
        ("+12wd", date(2026, 3, 23)),
        ("-4wd", date(2026, 2, 27)),
    ],
)
def test_dates_are_stated_or_count_from_the_day_of_loading(cell, expected):
    assert cells.day(cell, THURSDAY) == expected


def test_working_days_counted_from_a_weekend_start_at_the_monday_after_it():
    saturday = Clock(date(2026, 3, 7))
    assert cells.day("+1wd", saturday) == date(2026, 3, 10)
    assert cells.day("-1wd", saturday) == date(2026, 3, 5)


def test_a_moment_is_meant_in_the_zone_of_the_site():
    assert cells.moment("+1 06:30", THURSDAY) == datetime(2026, 3, 6, 6, 30, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("1h7m30s", timedelta(hours=1, minutes=7, seconds=30)),
        ("5d", timedelta(days=5)),
        ("1.6s", timedelta(seconds=1.6)),
        ("PT2H30M", timedelta(hours=2, minutes=30)),
        ("P1DT10H", timedelta(days=1, hours=10)),
        ("PT0S", timedelta()),
        ("0", timedelta()),
    ],
)
def test_durations_carry_their_units(cell, expected):
    assert cells.duration(cell, THURSDAY) == expected


@pytest.mark.parametrize(
    ("read", "cell", "remedy"),
    [
        (cells.number, "1,5", "Write digits with a decimal point, e.g. 1250.5."),
        (cells.number, "NaN", "Write digits with a decimal point, e.g. 1250.5."),
        (cells.positive, "0", "Write a number above zero or leave the row out."),
        (cells.quantity, "-3", "Write zero or more."),
        (cells.fraction, "120%", "Write a number from 0 to 1, or a percentage such as 95%."),
        (cells.day, "31/12/2026", "Write it as 2026-03-31, or relative to today: today, +12, -30, +8wd."),
        (cells.duration, "30", "Write it with its units: 2h30m, 45m, 30s, 5d."),
        (cells.duration, "soon", "Write it with its units: 2h30m, 45m, 30s, 5d."),
        (cells.time_of_day, "25:00", "Write it as 06:30."),
        (cells.weekdays, "Fri-Mon", "Write Mon-Fri (in that order), Sat, or Mon Wed Fri."),
        (cells.weekdays, "Wed Fri-Mon", "Write Mon-Fri (in that order), Sat, or Mon Wed Fri."),
        (cells.season, "10-45 12-20", "Write its first and last day as month-day: 10-01 12-20."),
        (cells.yes_no, "perhaps", "Write yes or no."),
        (cells.one_of("lot", "serial"), "batch", "Write one of: lot, serial."),
        (cells.attributes, "heat H1", "Write pairs separated by “;”: heat=H4471; grade=2."),
    ],
)
def test_a_cell_that_cannot_be_read_says_what_to_write(read, cell, remedy):
    with pytest.raises(CellError) as error:
        read(cell, THURSDAY)
    assert error.value.remedy == remedy


def test_cells_are_forgiving_where_nothing_is_lost():
    assert cells.one_of("mto", "mts")("MTS", THURSDAY) == "mts"
    assert cells.identifier("WC41-HTC ", THURSDAY) == "WC41-HTC"
    assert cells.fraction("98%", THURSDAY) == Decimal("0.98")
    assert cells.weekdays("Mon–Fri", THURSDAY) == (0, 1, 2, 3, 4)
    assert cells.weekdays("Mon, Wed-Thu Sat", THURSDAY) == (0, 2, 3, 5)
    assert cells.season("10-01 12-20", THURSDAY) == ((10, 1), (12, 20))
    assert cells.time_of_day("24:00", THURSDAY) == time(0)
    assert cells.attributes("heat=H4471; certificate=EN 10204 3.1", THURSDAY) == {
        "heat": "H4471",
        "certificate": "EN 10204 3.1",
    }
