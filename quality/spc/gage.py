"""Gage repeatability and reproducibility by analysis of variance: how much of what is seen is the gauge and who holds it.

A crossed, balanced study: every appraiser measures every part equally often. AIAG, Measurement Systems Analysis, 4th edition, chapter
III section B; Montgomery, Introduction to Statistical Quality Control, section 8.7.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt

from scipy.special import fdtrc

STUDY_SIGMAS = 6.0  # of a study's variation; 5.15 in older books
POOLED_ABOVE = 0.05
CATEGORIES = sqrt(2)  # ndc = 1.41 x part variation / gauge variation
GOOD, MARGINAL = 10.0, 30.0


class UnbalancedStudy(ValueError):
    """Some part was not measured as often as the others by everybody."""


@dataclass(frozen=True)
class Reading:
    part: str
    appraiser: str
    value: float


@dataclass(frozen=True)
class Source:
    """A row of the analysis of variance; `f` and `p` are None where nothing is tested."""

    name: str
    freedom: int
    squares: float
    f: float | None
    p: float | None

    @property
    def mean_square(self) -> float:
        return self.squares / self.freedom if self.freedom else 0.0


@dataclass(frozen=True)
class Component:
    """A source of variation: its variance, and its share of what varies in all.

    :ivar study_percent: of the study's variation, in standard deviations, so that shares do not add up to 100.
    :ivar tolerance_percent: six standard deviations as a share of the tolerance; None without one.
    """

    name: str
    variance: float
    contribution_percent: float
    study_percent: float
    tolerance_percent: float | None

    @property
    def sigma(self) -> float:
        return sqrt(self.variance)


@dataclass(frozen=True)
class GageStudy:
    """Result of a study.

    :ivar table: the analysis of variance, before pooling.
    :ivar pooled: whether the interaction was taken for chance and added to repeatability.
    :ivar categories: how many classes of parts the gauge can tell apart (ndc), 5 and more are wanted; None when the gauge itself did
        not vary at all.
    :ivar verdict: good (below 10 %), marginal (10 to 30 %) or poor, of the study's variation or, where given, the tolerance.
    """

    parts: int
    appraisers: int
    trials: int
    table: tuple[Source, ...]
    pooled: bool
    components: dict[str, Component]
    categories: int | None
    verdict: str

    @property
    def gauge(self) -> Component:
        return self.components["gage_rr"]


def gage_rr(
    readings: Iterable[Reading],
    *,
    tolerance: float | None = None,
    pool_above: float | None = POOLED_ABOVE,
    study_sigmas: float = STUDY_SIGMAS,
) -> GageStudy:
    """Components of variance of a crossed study.

    :param tolerance: width of the drawing's limits, in the readings' unit.
    :param pool_above: p of the interaction above which it is taken for chance and pooled with repeatability; None never pools.
    :raises UnbalancedStudy: unless every appraiser measured every part equally often, at least twice, with two parts and two
        appraisers at least.
    :raises ValueError: when a reading is no number, nothing varies, or the tolerance is not above zero.
    """
    if tolerance is not None and not tolerance > 0:
        raise ValueError("A tolerance is above zero.")
    cells = _cells(readings)
    parts, appraisers, trials = _shape(cells)
    sums = _squares(cells, parts, appraisers, trials)
    table = _table(sums, len(parts), len(appraisers), trials)
    interaction = table[2]
    pooled = pool_above is not None and interaction.p is not None and interaction.p > pool_above
    variances = _variances(table, len(parts), len(appraisers), trials, pooled=pooled)
    if variances["total"] <= 0:
        raise ValueError("The readings do not vary.")
    components = {
        name: _component(name, variance, variances["total"], tolerance, study_sigmas)
        for name, variance in variances.items()
    }
    return GageStudy(
        len(parts),
        len(appraisers),
        trials,
        table,
        pooled,
        components,
        _categories(components),
        _verdict(components["gage_rr"]),
    )


def _cells(readings: Iterable[Reading]) -> dict[tuple[str, str], list[float]]:
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for reading in readings:
        if not isfinite(reading.value):
            raise ValueError(f"The reading of part {reading.part} by {reading.appraiser} is not a number.")
        cells[reading.part, reading.appraiser].append(float(reading.value))
    return cells


def _shape(cells: dict[tuple[str, str], list[float]]) -> tuple[list[str], list[str], int]:
    parts = list(dict.fromkeys(part for part, _ in cells))
    appraisers = list(dict.fromkeys(appraiser for _, appraiser in cells))
    counts = {len(values) for values in cells.values()}
    if len(parts) < 2 or len(appraisers) < 2:
        raise UnbalancedStudy("A study has at least two parts and two appraisers.")
    if len(cells) != len(parts) * len(appraisers) or len(counts) != 1:
        raise UnbalancedStudy("Every appraiser measures every part equally often.")
    if min(counts) < 2:
        raise UnbalancedStudy("Every appraiser measures every part at least twice.")
    return parts, appraisers, counts.pop()


def _squares(
    cells: dict[tuple[str, str], list[float]], parts: Sequence[str], appraisers: Sequence[str], trials: int
) -> dict[str, float]:
    """Sums of squares by source, each about its own mean, so that large offsets cost no digits."""
    grand = _mean([value for values in cells.values() for value in values])
    of_cell = {key: _mean(values) for key, values in cells.items()}
    of_part = {part: _mean([of_cell[part, each] for each in appraisers]) for part in parts}
    of_appraiser = {each: _mean([of_cell[part, each] for part in parts]) for each in appraisers}
    return {
        "part": len(appraisers) * trials * fsum((mean - grand) ** 2 for mean in of_part.values()),
        "appraiser": len(parts) * trials * fsum((mean - grand) ** 2 for mean in of_appraiser.values()),
        "interaction": trials
        * fsum(
            (mean - of_part[part] - of_appraiser[each] + grand) ** 2 for (part, each), mean in of_cell.items()
        ),
        "repeatability": fsum(
            (value - of_cell[key]) ** 2 for key, values in cells.items() for value in values
        ),
        "total": fsum((value - grand) ** 2 for values in cells.values() for value in values),
    }


def _table(sums: dict[str, float], parts: int, appraisers: int, trials: int) -> tuple[Source, ...]:
    freedom = {
        "part": parts - 1,
        "appraiser": appraisers - 1,
        "interaction": (parts - 1) * (appraisers - 1),
        "repeatability": parts * appraisers * (trials - 1),
    }
    mean_square = {name: sums[name] / count for name, count in freedom.items()}
    against = {"part": "interaction", "appraiser": "interaction", "interaction": "repeatability"}
    rows = []
    for name, count in freedom.items():
        base = against.get(name)
        f = mean_square[name] / mean_square[base] if base and mean_square[base] > 0 else None
        p = None if f is None or base is None else float(fdtrc(count, freedom[base], f))
        rows.append(Source(name, count, sums[name], f, p))
    rows.append(Source("total", sum(freedom.values()), sums["total"], None, None))
    return tuple(rows)


def _variances(
    table: Sequence[Source], parts: int, appraisers: int, trials: int, *, pooled: bool
) -> dict[str, float]:
    """Estimates by expected mean squares; one that comes out below zero is zero."""
    part, appraiser, interaction, repeat = table[:4]
    if pooled:
        repeatability = (interaction.squares + repeat.squares) / (interaction.freedom + repeat.freedom)
        base, between = repeatability, 0.0
    else:
        repeatability, base = repeat.mean_square, interaction.mean_square
        between = max(0.0, (interaction.mean_square - repeatability) / trials)
    of_appraiser = max(0.0, (appraiser.mean_square - base) / (parts * trials))
    of_part = max(0.0, (part.mean_square - base) / (appraisers * trials))
    reproducibility = of_appraiser + between
    gauge = repeatability + reproducibility
    return {
        "gage_rr": gauge,
        "repeatability": repeatability,
        "reproducibility": reproducibility,
        "appraiser": of_appraiser,
        "interaction": between,
        "part": of_part,
        "total": gauge + of_part,
    }


def _component(
    name: str, variance: float, total: float, tolerance: float | None, study_sigmas: float
) -> Component:
    sigma = sqrt(variance)
    return Component(
        name,
        variance,
        100 * variance / total,
        100 * sigma / sqrt(total),
        None if tolerance is None else 100 * study_sigmas * sigma / tolerance,
    )


def _categories(components: dict[str, Component]) -> int | None:
    """AIAG truncates, and no gauge tells fewer than one class apart."""
    gauge, part = components["gage_rr"].sigma, components["part"].sigma
    return max(1, int(CATEGORIES * part / gauge)) if gauge > 0 else None


def _verdict(gauge: Component) -> str:
    percent = gauge.study_percent if gauge.tolerance_percent is None else gauge.tolerance_percent
    if percent < GOOD:
        return "good"
    return "marginal" if percent <= MARGINAL else "poor"


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)
