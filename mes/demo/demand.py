"""Draws a demand history that looks like a real one, for demonstration: seeded, vectorised, knows no database.

The expected demand of a day is the item's present level times its trend, its weekday, its bumps of the year (spring,
summer, November) and its promotions. What is drawn around it is over-dispersed (a Poisson whose rate is gamma
distributed, i.e. negative binomial), rounded to whole packs, with wholesale orders as lumps on top. A launch cuts the
history off before it, a fading item loses half its demand every half-year, a stock-out leaves nothing sold although
something was wanted; those days are marked as censored.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

MonthDay = tuple[int, int]
Days = NDArray[np.int64]
Numbers = NDArray[np.float64]

# Middle of each bump as day of the year, and its width in days (one standard deviation).
SPRING, SUMMER, NOVEMBER = (100, 24), (201, 30), (324, 16)
DISPERSION = (
    12.0  # shape of the gamma rate: a coefficient of variation of about 0.29 beside the Poisson's own
)
PROMOTION_DAYS = 10
HALF_LIFE_OF_FADING_DAYS = 180
HOLIDAYS: tuple[MonthDay, ...] = ((1, 1), (12, 25), (12, 26))


@dataclass(frozen=True)
class Profile:
    """The character of one item's demand; quantities in the item's unit.

    :param per_day: mean demand of an ordinary working day at the present level.
    :param growth: per year, 0.05 = five per cent more each year.
    :param spring, summer, november: factor at the top of each bump, 1 = none.
    :param season: first and last (month, day) in which it is sold at all; None = all year.
    :param weekdays: factor for Monday to Sunday.
    :param pack: demand comes in multiples of this.
    :param promotions: how many a year, `lift` being the factor while one runs.
    :param wholesale: how many wholesale orders a year, `wholesale_size` their mean size.
    :param stock_outs: first day and number of days of each.
    """

    item: str
    per_day: float
    years: float = 3.0
    growth: float = 0.0
    spring: float = 1.0
    summer: float = 1.0
    november: float = 1.0
    season: tuple[MonthDay, MonthDay] | None = None
    weekdays: tuple[float, ...] = (1.15, 1.05, 1.0, 1.05, 0.75, 0.0, 0.0)
    pack: int = 1
    promotions: int = 0
    lift: float = 2.0
    wholesale: int = 0
    wholesale_size: float = 0.0
    launched: date | None = None
    fading_since: date | None = None
    stock_outs: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True)
class History:
    """The days on which something was asked for (or nothing could be sold), oldest first."""

    item: str
    dates: tuple[date, ...]
    quantities: Numbers
    censored: NDArray[np.bool_]


def histories(profiles: Sequence[Profile], *, today: date, seed: int) -> list[History]:
    """One history per profile, ending the day before `today`; an item's draw depends on its own name and the seed."""
    return [history(profile, today=today, seed=seed) for profile in profiles]


def history(profile: Profile, *, today: date, seed: int) -> History:
    """The history of one item."""
    rng = np.random.default_rng([seed, zlib.crc32(profile.item.encode())])
    length = round(profile.years * 365.25)
    dates = [today - timedelta(days=length - position) for position in range(length)]
    weekday = np.array([day.weekday() for day in dates])
    mean = (
        expected(profile, dates, weekday, today)
        * promoted(profile, rng, length)
        * np.array([0.0 if (day.month, day.day) in HOLIDAYS else 1.0 for day in dates])
    )
    rate = mean * rng.gamma(DISPERSION, 1 / DISPERSION, length)
    quantities = profile.pack * rng.poisson(rate / profile.pack).astype(np.float64)
    quantities += lumps(profile, rng, weekday, dates)
    censored = _during(profile.stock_outs, dates)
    quantities[censored] = 0.0
    if profile.launched is not None:
        quantities[: max(0, length - (today - profile.launched).days)] = 0.0
    kept = (quantities > 0) | censored
    return History(
        profile.item,
        tuple(day for day, keep in zip(dates, kept, strict=True) if keep),
        quantities[kept],
        censored[kept],
    )


def expected(profile: Profile, dates: Sequence[date], weekday: Days, today: date) -> Numbers:
    """Mean demand of each day before promotions: level × trend × weekday × bumps × fading."""
    age = np.array([(day - today).days for day in dates], dtype=np.float64)
    day_of_year = np.array([day.timetuple().tm_yday for day in dates], dtype=np.float64)
    mean = profile.per_day * np.power(1 + profile.growth, age / 365.25) * np.array(profile.weekdays)[weekday]
    for (middle, width), top in (
        (SPRING, profile.spring),
        (SUMMER, profile.summer),
        (NOVEMBER, profile.november),
    ):
        mean = mean * (1 + (top - 1) * np.exp(-0.5 * ((day_of_year - middle) / width) ** 2))
    if profile.season is not None:
        first, last = profile.season
        mean = mean * np.array([first <= (day.month, day.day) <= last for day in dates])
    if profile.fading_since is not None:
        faded = np.clip(age - (profile.fading_since - today).days, 0, None)
        mean = mean * np.power(0.5, faded / HALF_LIFE_OF_FADING_DAYS)
    return np.asarray(mean, dtype=np.float64)


def promoted(profile: Profile, rng: np.random.Generator, length: int) -> Numbers:
    """The factor of promotions on each day: `lift` while one runs, a dip for the fortnight after it."""
    factor = np.ones(length)
    for start in rng.integers(0, max(1, length - 30), size=round(profile.promotions * length / 365.25)):
        factor[start : start + PROMOTION_DAYS] = profile.lift
        factor[start + PROMOTION_DAYS : start + PROMOTION_DAYS + 14] *= 0.85
    return factor


def lumps(profile: Profile, rng: np.random.Generator, weekday: Days, dates: Sequence[date]) -> Numbers:
    """Wholesale orders: on few working days, log-normal in size, whole packs, only while the item is sold."""
    length = len(dates)
    drawn = rng.random(length) < profile.wholesale / 261
    size = profile.wholesale_size * rng.lognormal(-0.125, 0.5, length)
    sold = np.array(profile.weekdays)[weekday] > 0
    return np.asarray(
        np.where(drawn & sold, np.ceil(size / profile.pack) * profile.pack, 0.0), dtype=np.float64
    )


def _during(stretches: Sequence[tuple[date, int]], dates: Sequence[date]) -> NDArray[np.bool_]:
    inside = np.zeros(len(dates), dtype=np.bool_)
    for first, days in stretches:
        inside |= np.array([first <= day < first + timedelta(days=days) for day in dates])
    return inside
