"""Control limits from subgroups: X̄-R, X̄-s, I-MR, p, np, c, u.

Montgomery, Introduction to Statistical Quality Control, chapters 6 and 7; ISO 7870-2. Three standard deviations throughout. Ranges are
divided by d2 as those tables print it, with three decimals, so that limits agree with those of other programs to the last digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from typing import Literal, cast

from quality.spc.constants import constants
from quality.spc.subgroups import mean, moving_ranges, ranges, standard_deviations

Kind = Literal["xbar_r", "xbar_s", "i_mr", "p", "np", "c", "u"]
KINDS: tuple[Kind, ...] = ("xbar_r", "xbar_s", "i_mr", "p", "np", "c", "u")
SIGMAS = 3.0
FEWEST = 2


class TooFewSubgroups(ValueError):
    """There is not enough to take limits from."""


class NoVariation(ValueError):
    """Every subgroup is alike, so that no limits follow: as a rule the gauge shows too coarse steps."""


@dataclass(frozen=True)
class Limits:
    """Center lines and limits of one chart.

    :ivar n: size of the subgroups; 1 for individuals, and for p and u, whose points each bring their own.
    :ivar center: of what is plotted: mean, individual, share (p), count (np, c) or count per unit (u).
    :ivar sigma: standard deviation of one value, from within subgroups (X̄, individuals), of one piece (p), of one unit (u), else of
        what is plotted.
    :ivar spread: center line of the chart below: mean range, standard deviation or moving range; None where there is none.
    :ivar subgroups: how many these were taken from; 0 where they were given.
    """

    kind: Kind
    n: int
    center: float
    sigma: float
    spread: float | None = None
    subgroups: int = 0

    def sigma_of(self, size: float = 1) -> float:
        """Standard deviation of one plotted point; `size` counts for p (pieces) and u (units) alone."""
        if self.kind in {"xbar_r", "xbar_s"}:
            return self.sigma / sqrt(self.n)
        return self.sigma / sqrt(size) if self.kind in {"p", "u"} else self.sigma

    def lower(self, size: float = 1) -> float:
        """Lower control limit of a point; what is counted has none below zero."""
        limit = self.center - SIGMAS * self.sigma_of(size)
        return max(0.0, limit) if self.is_counted else limit

    def upper(self, size: float = 1) -> float:
        """Upper control limit of a point; a share has none above one, a number of pieces none above the subgroup."""
        limit = self.center + SIGMAS * self.sigma_of(size)
        if self.kind == "p":
            return min(1.0, limit)
        return min(float(self.n), limit) if self.kind == "np" else limit

    @property
    def is_counted(self) -> bool:
        return self.kind in {"p", "np", "c", "u"}

    @property
    def spread_lower(self) -> float | None:
        return self._spread_limit(upper=False)

    @property
    def spread_upper(self) -> float | None:
        return self._spread_limit(upper=True)

    @property
    def source_of_sigma(self) -> str:
        """What `sigma` was estimated from, as it is written."""
        return {
            "xbar_r": "R̄/d2",
            "xbar_s": "s̄/c4",
            "i_mr": "MR̄/1.128",
            "p": "√(p̄(1-p̄))",
            "np": "√(np̄(1-p̄))",
            "c": "√c̄",
            "u": "√ū",
        }[self.kind]

    def _spread_limit(self, *, upper: bool) -> float | None:
        if self.spread is None:
            return None
        factors = constants(2 if self.kind == "i_mr" else self.n)
        reach = SIGMAS * self.sigma * (factors.c5 if self.kind == "xbar_s" else factors.d3)
        return self.spread + reach if upper else max(0.0, self.spread - reach)


def limits(
    kind: Kind,
    data: Sequence[float] | Sequence[Sequence[float]],
    *,
    sizes: Sequence[float] | float | None = None,
) -> Limits:
    """Limits that these subgroups give.

    :param kind: of the chart.
    :param data: for X̄ subgroups of one size; for I-MR values; for p and np nonconforming pieces, for c and u nonconformities, each
        one number per subgroup.
    :param sizes: pieces (p, np) or units (u) of each subgroup, or one size for all; np must have one size.
    :raises ValueError: when sizes are missing, differ where they may not, or a count exceeds its size.
    :raises TooFewSubgroups: below two.
    :raises NoVariation: when all subgroups are alike.
    """
    if kind not in KINDS:
        raise ValueError(f"A chart is one of {', '.join(KINDS)}, not {kind}.")
    if len(data) < FEWEST:
        raise TooFewSubgroups(f"Limits need at least {FEWEST} subgroups, not {len(data)}.")
    if kind in {"xbar_r", "xbar_s"}:
        found = _of_means(kind, cast("Sequence[Sequence[float]]", data))
    elif kind == "i_mr":
        found = _of_individuals(cast("Sequence[float]", data))
    else:
        found = _of_counts(kind, cast("Sequence[float]", data), sizes)
    if not isfinite(found.center) or not isfinite(found.sigma):
        raise ValueError("A value is not a number.")
    if found.sigma <= 0:
        raise NoVariation("The subgroups do not vary, so nothing can be told from chance.")
    return found


def _of_means(kind: Kind, subgroups: Sequence[Sequence[float]]) -> Limits:
    n = len(subgroups[0])
    if any(len(each) != n for each in subgroups):
        raise ValueError("Subgroups of an X̄ chart have one size.")
    factors = constants(n)
    spread = mean(ranges(subgroups) if kind == "xbar_r" else standard_deviations(subgroups))
    center = mean([mean(each) for each in subgroups])
    return Limits(
        kind,
        n,
        center,
        spread / (factors.d2_printed if kind == "xbar_r" else factors.c4),
        spread,
        len(subgroups),
    )


def _of_individuals(values: Sequence[float]) -> Limits:
    spread = mean(moving_ranges(values))
    return Limits("i_mr", 1, mean(values), spread / constants(2).d2_printed, spread, len(values))


def _of_counts(kind: Kind, counts: Sequence[float], sizes: Sequence[float] | float | None) -> Limits:
    if any(count < 0 for count in counts):
        raise ValueError("A count is not below zero.")
    if kind == "c":
        center = mean(counts)
        return Limits("c", 1, center, sqrt(center), None, len(counts))
    units = _sizes(kind, counts, sizes)
    rate = fsum(counts) / fsum(units)
    if kind == "u":
        return Limits("u", 1, rate, sqrt(rate), None, len(counts))
    deviation = sqrt(rate * (1 - rate))
    if kind == "p":
        return Limits("p", 1, rate, deviation, None, len(counts))
    n = units[0]
    return Limits("np", int(n), n * rate, sqrt(n) * deviation, None, len(counts))


def _sizes(kind: Kind, counts: Sequence[float], sizes: Sequence[float] | float | None) -> list[float]:
    if sizes is None:
        raise ValueError(f"A {kind} chart needs the size of each subgroup.")
    units = (
        [float(sizes)] * len(counts) if isinstance(sizes, int | float) else [float(each) for each in sizes]
    )
    if len(units) != len(counts) or any(size <= 0 for size in units):
        raise ValueError("Each subgroup has a size above zero.")
    if kind == "np" and len(set(units)) > 1:
        raise ValueError("Subgroups of an np chart have one size; take a p chart where they differ.")
    if kind in {"p", "np"} and any(count > size for count, size in zip(counts, units, strict=True)):
        raise ValueError("No more pieces can be nonconforming than were looked at.")
    return units
