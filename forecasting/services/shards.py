"""The work of a run, shard by shard: handed out, carried out, tried again, and picked up where a worker was killed.

A run has three stages of shards. Those that draft are there from the beginning; those that decide on what was drafted are made when all drafts
are there, with what these have taught (`forecasting.learning`); those that net what was decided on, when all targets are there
(`forecasting.services.finishing`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from forecasting import components, deciding, demand, faults, learning, pipeline
from forecasting.binding import Bound
from forecasting.models import ForecastRun, ForecastShard
from forecasting.progress import items_done
from forecasting.services.keeping import failed_items, keep_targets
from forecasting.services.proposing import net_shard

MOST_ATTEMPTS: Final = 3
TOLD_EVERY: Final = 25
QUIET_FOR: Final = timedelta(minutes=2)
"""A shard that was handed out so long ago, and was begun but is left, is handed out again; so are all of a run as quiet."""

_LOCKS: Final = 0x9D0F  # tells these advisory locks from others in the same database

Stage = ForecastShard.Stage
Status = ForecastShard.Status
Told = Callable[[ForecastRun], None]


@transaction.atomic
def ensure_shards(run: ForecastRun) -> list[ForecastShard]:
    """The shards of a run, made when it has none yet; safe to repeat."""
    locked = ForecastRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if not locked.shards.exists():
        items = list(demand.forecastable().values_list("pk", flat=True))
        ends = demand.ends_by_site(items, locked.as_of)
        locked.ends = {str(site): day.isoformat() for site, day in ends.items()}
        locked.items_total = len(items)
        locked.save(update_fields=["ends", "items_total"])
        ForecastShard.objects.bulk_create(
            ForecastShard(run=locked, number=number, items=keys)
            for number, keys in enumerate(pipeline.items_in_shards(items), start=1)
        )
    return list(locked.shards.light().order_by("number"))


@transaction.atomic
def ensure_deciding_shards(run: ForecastRun) -> None:
    """Learn from what the shards of a run have drafted, and make those that decide on it when it has none yet; safe to repeat.

    Where no shard has drafted anything there is nothing to decide on.
    """
    locked = ForecastRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    drafted = locked.shards.drafting().done().order_by("number")
    if locked.shards.deciding().exists() or not drafted.exists():
        return
    lessons = [pipeline.unpack(each) for each in drafted.values_list("summary", flat=True)]
    packed = drafted.values_list("handed_on", flat=True).iterator(chunk_size=1)
    learnt, chain = learning.learn(locked, lessons, packed, failed=failed_items(locked))
    locked.message = keep_targets(locked, components.store(locked, chain))
    locked.save(update_fields=["message"])
    for shard in drafted.light():
        ForecastShard.objects.create(
            run=locked,
            stage=Stage.DECIDE,
            number=shard.number,
            items=shard.items,
            given=pipeline.pack(learnt.of(shard.items)),
        )


@contextmanager
def alone(kind: str, key: int) -> Iterator[bool]:
    """Whether nobody else is at this; others are told no until the block ends, or this worker's session does."""
    number = _LOCKS << 40 | (key << 1 | (kind == "run"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def carry_out_shard(shard: ForecastShard, *, told: Told | None = None) -> bool:
    """Draft the items of a shard and keep the drafts, decide on them and write their rows, or net them; whether there was anything to do.

    Safe to repeat, and at the same moment: a shard that is done or failed, or that somebody is at, is left to itself; one that was left by a
    worker that was killed is done anew. An item that fails by itself is left out and named; what goes wrong otherwise is kept as the shard's
    message, and after three attempts the shard has failed, which stops no other.
    """
    with alone("shard", shard.pk) as mine:
        if not mine:
            return False
        current = ForecastShard.objects.light().select_related("run").get(pk=shard.pk)
        if current.status in {Status.DONE, Status.FAILED} or current.run.status != ForecastRun.Status.RUNNING:
            return False
        if not _begin(current):
            return True
        try:
            if current.stage == Stage.DRAFT:
                _draft(current, told)
            elif current.stage == Stage.DECIDE:
                _decide(current)
            else:
                _net(current)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run of the other shards goes on
            _set_back(current, error)
        _tell(current.run, told)
        return True


def undone_shards(run: ForecastRun) -> list[ForecastShard]:
    """Those that are still to be done, in order."""
    return list(run.shards.undone().light().order_by("number"))


def is_ready(run: ForecastRun) -> bool:
    """Whether every shard that there is is done or has failed, so that the run can go on to what comes next."""
    return run.shards.exists() and not run.shards.undone().exists()


def hand_out_again(run: ForecastRun, *, at: datetime) -> list[ForecastShard]:
    """Shards that nobody has been given yet, and those that were left; they count as handed out from now.

    Left are those that are begun, were handed out a while ago, and that nobody is at. What still waits in the queue is left there while
    anybody works: handed out once more, it would only wait twice. Where nobody does, and nothing was done for a while, the queue is lost.
    """
    run.refresh_from_db(fields=["seen_at"])
    found, queued, busy = [], [], False
    for shard in undone_shards(run):
        waits = shard.handed_out_at is not None and at - shard.handed_out_at < QUIET_FOR
        if shard.status == Status.RUNNING:
            with alone("shard", shard.pk) as nobody:
                busy = busy or not nobody
                if nobody and not waits:
                    found.append(shard)
        elif shard.handed_out_at is None:
            found.append(shard)
        elif not waits:
            queued.append(shard)
    if not busy and at - (run.seen_at or run.started_at) >= QUIET_FOR:
        found += queued
    ForecastShard.objects.filter(pk__in=[shard.pk for shard in found]).update(handed_out_at=at)
    return found


def hand_out_set_back(shard: ForecastShard, *, at: datetime) -> bool:
    """Whether a shard has just failed and is to be tried again at once; it counts as handed out from now."""
    set_back = ForecastShard.objects.filter(
        pk=shard.pk, status=Status.PENDING, attempts__gt=0, handed_out_at=None
    )
    return bool(set_back.update(handed_out_at=at))


def _begin(shard: ForecastShard) -> bool:
    """Count the attempt before it is made, so that a shard that kills its workers ends too."""
    if shard.attempts >= MOST_ATTEMPTS:
        message = shard.message or f"Its workers were killed {MOST_ATTEMPTS} times."
        shard.move_to(Status.FAILED, finished_at=timezone.now(), message=message)
        return False
    if shard.status == Status.PENDING:
        shard.move_to(Status.RUNNING)
    shard.attempts += 1
    shard.items_done = 0
    shard.save(update_fields=["attempts", "items_done"])
    return True


def _draft(shard: ForecastShard, told: Told | None) -> None:
    def count(done: int) -> None:
        if done % TOLD_EVERY == 0:
            ForecastShard.objects.filter(pk=shard.pk).update(items_done=done)
            _tell(shard.run, told)

    run = shard.run
    made = pipeline.drafts_of(
        shard.items,
        as_of=run.as_of,
        horizon_days=run.horizon_days,
        ends={int(site): date.fromisoformat(day) for site, day in run.ends.items()},
        items_total=run.items_total,
        told=count,
    )
    _end(shard, handed_on=made.packed, summary=pipeline.pack(made.lesson), left_out=made.faults)


def _decide(shard: ForecastShard) -> None:
    """What is decided is handed on in portions: of one as a rule, of more where an item had to be left out."""
    drafted = pipeline.unpack(shard.run.shards.drafting().get(number=shard.number).handed_on)
    learnt = pipeline.unpack(shard.given)

    def some(drafted: Sequence[pipeline.Drafted]) -> tuple[Sequence[Bound], deciding.Report]:
        with transaction.atomic():
            made = deciding.decide(shard.run, drafted, learnt)
            deciding.store(made)
        return made.bound, made.report

    with transaction.atomic():
        done, failed = faults.carried_out(drafted, some)
        bound = [one for own, _ in done for one in own]
        _end(
            shard,
            handed_on=pipeline.pack(bound) if bound else None,
            summary=pipeline.pack([report for _, report in done]),
            left_out={history.item.pk: why for (history, _), why in failed},
        )


def _net(shard: ForecastShard) -> None:
    with transaction.atomic():
        made = net_shard(shard.run, pipeline.unpack(shard.given))
        _end(shard, handed_on=None, summary=pipeline.pack(made), left_out=made.faults)


def _end(
    shard: ForecastShard, *, handed_on: bytes | None, summary: bytes, left_out: Mapping[int, str]
) -> None:
    shard.move_to(
        Status.DONE,
        handed_on=handed_on,
        summary=summary,
        finished_at=timezone.now(),
        items_done=len(shard.items),
        left_out={str(key): why for key, why in left_out.items()},
        message="",
    )


def _set_back(shard: ForecastShard, error: Exception) -> None:
    message = faults.told(error)
    if shard.attempts >= MOST_ATTEMPTS:
        shard.move_to(Status.FAILED, finished_at=timezone.now(), message=message)
    else:
        shard.move_to(Status.PENDING, message=message, handed_out_at=None)


def _tell(run: ForecastRun, told: Told | None) -> None:
    done = items_done(run)
    ForecastRun.objects.filter(pk=run.pk).update(items_done=done, seen_at=timezone.now())
    run.items_done = done
    if told is not None:
        told(run)
