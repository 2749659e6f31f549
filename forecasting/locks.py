"""What only one transaction may be doing at a time in forecasting; see `production.locks`."""

from enum import IntEnum


class Activity(IntEnum):
    JUDGING_FORECASTS = 100
