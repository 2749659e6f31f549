"""What a sampling plan does to lots of a given quality: its operating characteristic (OC) curve and average sample size."""

from collections.abc import Sequence
from math import exp, lgamma, log, log1p
from typing import Literal

from quality.sampling.plans import Sample

Distribution = Literal["binomial", "poisson", "hypergeometric"]
_STEPS = 60  # halvings: more than a float can tell apart


def acceptance_probability(
    samples: Sequence[Sample],
    quality: float,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float:
    """The chance that a lot is accepted: one point of the OC curve.

    :param samples: of a single, double or multiple plan, in order, with cumulative numbers.
    :param quality: fraction of the lot that is nonconforming; or nonconformities per piece with "poisson".
    :param distribution: "binomial" for pieces out of a running process, "hypergeometric" for pieces out of one lot (needs
        `lot_size`), "poisson" for nonconformities.
    :raises ValueError: for a quality that cannot be, or a hypergeometric curve without a lot size.
    """
    accepted, _ = _walk(samples, quality, distribution, lot_size)
    return accepted


def average_sample_size(
    samples: Sequence[Sample],
    quality: float,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float:
    """Pieces that are inspected on average until the verdict, each sample being inspected to its end."""
    _, pieces = _walk(samples, quality, distribution, lot_size)
    return pieces


def quality_accepted_with(
    samples: Sequence[Sample], probability: float, *, distribution: Distribution = "binomial"
) -> float:
    """The quality at which lots are accepted with this probability: with 0.10 the plan's LTPD, with 0.95 its producer's point."""
    low, high = 0.0, 1.0
    while (
        distribution == "poisson"
        and acceptance_probability(samples, high, distribution="poisson") > probability
    ):
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if acceptance_probability(samples, middle, distribution=distribution) > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _walk(
    samples: Sequence[Sample], quality: float, distribution: Distribution, lot_size: int | None
) -> tuple[float, float]:
    """The chance of acceptance, and the pieces inspected on average."""
    if quality < 0 or (quality > 1 and distribution != "poisson"):
        raise ValueError(f"A fraction nonconforming lies between 0 and 1; not {quality}.")
    if distribution == "hypergeometric" and lot_size is None:
        raise ValueError("Say how large the lot is.")
    undecided = {0: 1.0}  # chance by nonconforming pieces found so far
    accepted = pieces = 0.0
    drawn = 0
    for number, (size, accept, reject) in enumerate(samples, start=1):
        pieces += size * sum(undecided.values())
        after: dict[int, float] = {}
        for found, chance in undecided.items():
            for more in range(min(size, reject - found - 1) + 1):
                here = _chance(more, size, found, drawn, quality, distribution, lot_size)
                after[found + more] = after.get(found + more, 0.0) + chance * here
        drawn += size
        is_last = number == len(samples)
        # Between the numbers of the last sample (reduced inspection) the lot is accepted.
        taken = {found for found in after if is_last or (accept is not None and found <= accept)}
        accepted += sum(after[found] for found in taken)
        undecided = {found: chance for found, chance in after.items() if found not in taken}
    return accepted, pieces


def _chance(
    more: int,
    size: int,
    found: int,
    drawn: int,
    quality: float,
    distribution: Distribution,
    lot_size: int | None,
) -> float:
    """The chance of `more` nonconforming in the next `size` pieces, when `drawn` before held `found`."""
    if distribution == "poisson":
        mean = size * quality
        return exp(-mean + more * log(mean) - lgamma(more + 1)) if mean else float(more == 0)
    if distribution == "binomial":
        if quality in {0, 1}:
            return float(more == size * quality)
        return exp(_choices(size, more) + more * log(quality) + (size - more) * log1p(-quality))
    lot = lot_size or 0
    left, bad = lot - drawn, round(quality * lot) - found
    if more > bad or size - more > left - bad:
        return 0.0
    return exp(_choices(bad, more) + _choices(left - bad, size - more) - _choices(left, size))


def _choices(among: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose so many."""
    return lgamma(among + 1) - lgamma(chosen + 1) - lgamma(among - chosen + 1)
