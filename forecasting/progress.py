"""How far a run is: its stages one after another, each with how much of it is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, F, Func, IntegerField, Q, Sum, When

from forecasting.models import ForecastRun, ForecastShard

Stage = ForecastShard.Stage


@dataclass(frozen=True)
class Step:
    """A stage of a run; `items` is 0 until it is known what it has to do.

    :ivar failed: how many of its shards have failed.
    """

    stage: Stage
    items: int = 0
    done: int = 0
    failed: int = 0

    @property
    def share(self) -> float:
        return self.done / self.items if self.items else 0.0

    @property
    def percent(self) -> int:
        return int(100 * self.share)

    @property
    def is_begun(self) -> bool:
        return self.items > 0

    @property
    def is_over(self) -> bool:
        return self.is_begun and self.done >= self.items


def steps_of(run: ForecastRun) -> Sequence[Step]:
    """The stages of a run in their order; in one query."""
    length = Func(F("items"), function="cardinality", output_field=IntegerField())
    failed = Q(status=ForecastShard.Status.FAILED)
    rows = (
        run.shards.order_by()
        .values("stage")
        .annotate(
            of=Sum(length),
            # A shard that failed is over, however far it came.
            over=Sum(Case(When(failed, then=length), default=F("items_done"), output_field=IntegerField())),
            broken=Count("pk", filter=failed),
        )
    )
    known = {
        stage: Step(Stage(stage), of, over, broken)
        for stage, of, over, broken in rows.values_list("stage", "of", "over", "broken")
    }
    return [known.get(stage, Step(stage)) for stage in Stage]


def step_at(steps: Sequence[Step]) -> Step | None:
    """The stage that is being worked on; None between two, before the first and after the last."""
    return next((step for step in steps if step.is_begun and not step.is_over), None)


def items_done(run: ForecastRun) -> int:
    """Of a run's items; each is in one shard of every stage, and done when all of them are."""
    return int(run.items_total * sum(step.share for step in steps_of(run)) / len(Stage))
