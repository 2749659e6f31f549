"""What follows from a plant that was loaded: forecasts, stock targets and proposals for every item that is stocked."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from forecasting.models import ForecastRun
from forecasting.services import run_forecast
from mes.core.models import User

SAID_EVERY = 25


def plan_stock(*, by: User, at: datetime, say: Callable[[str], object]) -> ForecastRun:
    """Forecast, set targets and propose replenishments, telling how far it is and what came of it.

    :raises RunInProgress: while another run is under way.
    """

    def tell(done: int, total: int) -> None:
        if done % SAID_EVERY == 0 or done == total:
            say(f"  {done} of {total} items")

    say("Forecasting")
    run = run_forecast(workers=os.cpu_count() or 1, progress=tell, by=by, at=at)
    methods = Counter(run.items.values_list("method", flat=True))
    chosen = ", ".join(f"{method} {count}" for method, count in methods.most_common())
    proposed = run.replenishments.proposed().count()
    say(f"  {run.items_done} items forecast: {chosen}.")
    say(f"  {run.targets.count()} stock targets, {proposed} proposals to make or buy.")
    return run
