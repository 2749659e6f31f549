"""What becomes of some of a run's items once they are drafted and the run has learnt from all: bands, class, curve, target; and their rows.

Whatever an item can be told by itself is told here, by whichever worker has it. What is left for the end of the run is handed on in short:
sums of families, remarks, and items that are bound to others by a budget, a warehouse or a service that they meet together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forecasting import binding, hierarchy, pipeline, targets
from forecasting.binding import Bound, Tally
from forecasting.hierarchy import Family, Worth
from forecasting.learning import Learnt
from forecasting.models import ForecastRun, ItemForecast, StockTarget
from forecasting.policies import names_of, policies_of, standings
from forecasting.questions import bridging_days
from mes.core.copying import copy_rows


@dataclass(frozen=True, eq=False)
class Report:
    """What the end of a run needs to know of some of its items; of remarks on their histories each once."""

    items: int
    families: Mapping[Family, Worth]
    remarks: Sequence[str]
    tally: Tally


@dataclass(frozen=True, eq=False)
class Decision:
    """Some items decided on: rows to be written, those that are bound to others, and what the end of the run needs to know."""

    forecasts: Sequence[ItemForecast]
    targets: Sequence[StockTarget]
    bound: Sequence[Bound]
    report: Report


def decide(run: ForecastRun, drafted: Iterable[pipeline.Drafted], learnt: Learnt) -> Decision:
    """Decide on the items of some drafts; nothing is written yet."""
    found = list(pipeline.outlooks(drafted, learnt.calibrations))
    standing = standings(found, learnt.by_value)
    policies = policies_of((one.history.item for one in found), names_of(standing))
    days = [bridging_days(one.history.item, policies[one.history.item.pk]) for one in found]
    free, bound = binding.apart(targets.asked_of(run, found, standing, policies, learnt), learnt)
    return Decision(
        forecasts=list(pipeline.rows(run, found, days)),
        targets=list(targets.rows(run, free)),
        bound=bound,
        report=Report(
            items=len(found),
            families=hierarchy.sums(found),
            remarks=list(dict.fromkeys(one.history.remark for one in found if one.history.remark)),
            tally=binding.tally_of(bound, learnt),
        ),
    )


def store(made: Decision) -> None:
    """Write the rows of some items. Call it in the transaction that ends their shard, so that they are there when it is done and not before."""
    copy_rows(ItemForecast, made.forecasts)
    copy_rows(StockTarget, made.targets)
