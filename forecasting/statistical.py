"""What the statistics alone said of an item, as a run left it."""

from datetime import date

from forecasting.models import ForecastRun, ItemForecast
from inventory.models import Item


def statistical_means(run: ForecastRun | None, item: Item) -> tuple[date, list[float]]:
    """The first day of a run's forecast of an item, and its mean by day; empty where there is none."""
    if run is None:
        return date.min, []
    means = ItemForecast.objects.filter(run=run, item=item).values_list("daily_means", flat=True).first()
    return run.as_of, list(means or ())


def statistical_total(run: ForecastRun | None, item: Item, first_date: date, last_date: date) -> float | None:
    """The mean of a stretch of days; None where the run does not reach over all of it."""
    begin, means = statistical_means(run, item)
    first, last = (first_date - begin).days, (last_date - begin).days
    if not means or first < 0 or last >= len(means):
        return None
    return round(sum(means[first : last + 1]), 4)
