"""Forecasting demand: series in, means and quantiles out. Knows no Django; usable from a notebook.

``forecast_many`` chooses a method for each series by rolling back-test, forecasts, and calibrates the quantiles on the
errors of those back-tests, pooled over the run. See ``choosing.py`` for how the choice is made, and ``Series`` for what
may be known of single buckets beside their values: unusable ones, stated events, working days, recurring events.
``forecast_new`` serves items with fewer than ``NEW_BUCKETS`` from items like them.
"""

from forecasting.methods.bands import LEVELS
from forecasting.methods.beginning import NEW_BUCKETS, forecast_new
from forecasting.methods.choosing import draft
from forecasting.methods.forecast import (
    Calibrations,
    banded,
    calibrated,
    forecast_many,
    forecast_one,
    with_bands,
)
from forecasting.methods.result import Draft, Evidence, SeriesForecast
from forecasting.methods.series import Bucket, Remark, Series, Shape, gather, shape_of, weekday_profile

__all__ = [
    "LEVELS",
    "NEW_BUCKETS",
    "Bucket",
    "Calibrations",
    "Draft",
    "Evidence",
    "Remark",
    "Series",
    "SeriesForecast",
    "Shape",
    "banded",
    "calibrated",
    "draft",
    "forecast_many",
    "forecast_new",
    "forecast_one",
    "gather",
    "shape_of",
    "weekday_profile",
    "with_bands",
]
