"""Compile the inner loops of the forecast ahead of their first use: `python -m forecasting.methods.kernel`."""

from datetime import date

import numpy as np

from forecasting.methods import Bucket, Series, forecast_one


def main() -> None:
    """Forecast one series by every method."""
    values = 100 + 10 * np.random.default_rng(1).standard_normal(40)
    forecast_one(Series("any", date(2025, 1, 6), values, Bucket.MONTH), 3)


if __name__ == "__main__":
    main()
