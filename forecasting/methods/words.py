"""The one sentence that says how a forecast came about."""

from forecasting.methods.series import Bucket, FloatArray, Shape
from forecasting.wording import amount


def chosen(
    method: str,
    scores: dict[str, float],
    measure: str,
    origins: int,
    bucket: Bucket,
    shape: Shape,
    *,
    seasonal: bool,
) -> str:
    """``The average … has error 0.83 (MASE) in 12 back-tests, against theta 0.85 and seasonal naive 1.02; …``"""
    others = sorted((score, name) for name, score in scores.items() if name != method)
    shown = [*others[:1], *[pair for pair in others[1:] if "naive" in pair[1] or pair[1] == "mean"]]
    against = " and ".join(f"{name} {score:.2f}" for score, name in shown)
    kind = f"{shape.value} demand" + (f", seasonal by {bucket.noun}" if seasonal else "")
    subject = f"The {method}" if method.startswith(("average", "mean")) else method[0].upper() + method[1:]
    compared = f", against {against}" if against else ""
    return f"{subject} has error {scores[method]:.2f} ({measure}) in {origins} back-tests{compared}; {kind}."


def no_demand(buckets: int, bucket: Bucket) -> str:
    return f"No demand in the {buckets} {bucket.noun}s known: the forecast is zero until there is some."


def too_short(values: FloatArray, bucket: Bucket) -> str:
    return (
        f"Only {len(values)} {bucket.noun}s are known, too few for a back-test: their mean of {amount(float(values.mean()))} "
        f"a {bucket.noun} goes on, with a wide band."
    )


def constant(values: FloatArray, bucket: Bucket) -> str:
    return f"Every one of the {len(values)} {bucket.noun}s known had the same demand of {amount(float(values[0]))}; it goes on."


def failed(values: FloatArray, bucket: Bucket, error: Exception) -> str:
    return (
        f"No method could be fitted ({error}): the mean of {amount(float(values.mean()))} a {bucket.noun} goes on, "
        "with a wide band."
    )


def counted(count: int, noun: str) -> str:
    """``1 week``, ``2 weeks``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
