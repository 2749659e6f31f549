"""The end of a run: what only all its items together can be told, the netting that this lets begin, and the moment from which it counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from forecasting import binding, hierarchy, netting, pipeline, targets
from forecasting.deciding import Report
from forecasting.facts import ForecastRunDone
from forecasting.faults import told
from forecasting.models import ForecastRun, ForecastShard, NettingRules, StockTarget
from forecasting.netted_together import groups_of
from forecasting.on_order import on_order
from forecasting.services.judging import pass_sensed
from forecasting.services.keeping import keep_former, named_shards, told_faults
from forecasting.services.messaging import renew_messages
from forecasting.services.proposing import Given, Netted, net_shard, supersede, take_back
from mes.core.copying import copy_rows
from mes.core.facts import record
from production.locks import Activity, wait_for_turn

Stage = ForecastShard.Stage


@transaction.atomic
def ensure_netting_shards(run: ForecastRun, *, at: datetime) -> bool:
    """Set the targets that bind items together, keep what failed shards had, and make the shards that net what has been decided, when the run
    has none yet; safe to repeat.

    Items that hang together are in one shard. Returns whether there are any: not where there is nothing to net.
    """
    locked = ForecastRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.shards.netting().exists():
        return True
    reports = _reports(locked)

    def bound() -> Iterator[Sequence[binding.Bound]]:
        packed = locked.shards.deciding().done().order_by("number").exclude(handed_on=None)
        return (
            pipeline.unpack(each)
            for each in packed.values_list("handed_on", flat=True).iterator(chunk_size=1)
        )

    tally = binding.together(report.tally for report in reports)
    _store_bound(locked, binding.decided(bound, tally))
    remarks = dict.fromkeys(remark for report in reports for remark in report.remarks)
    locked.message = " ".join(part for part in (locked.message, keep_former(locked), *remarks) if part)
    locked.save(update_fields=["message"])
    shared_out = netting.parcels(groups_of(locked), pipeline.SHARD_ITEMS)
    ForecastShard.objects.bulk_create(
        ForecastShard(
            run=locked,
            stage=Stage.NET,
            number=number,
            items=[item for group in parcel for item in group],
            given=pipeline.pack(Given(parcel, at)),
        )
        for number, parcel in enumerate(shared_out, start=1)
    )
    return bool(shared_out)


@transaction.atomic
def finish(run: ForecastRun, *, at: datetime) -> None:
    """Let a run count, with its sums, its proposals and its messages, in the place of what counted before.

    What was ordered, changed or said no to since its items were netted is netted anew before. Items that could not be netted keep the
    proposals and messages that they had.
    """
    # Orders made while we end would be netted twice.
    wait_for_turn(Activity.PLANNING_ORDERS)
    reports = _reports(run)
    hierarchy.store(run, (report.families for report in reports))
    pass_sensed(at=at)
    failed = list(run.shards.netting().failed().light().order_by("number"))
    shards = list(run.shards.netting().done().order_by("number"))
    netted = {shard.pk: pipeline.unpack(shard.summary) for shard in shards}
    left = {key for shard in failed for key in shard.items}
    left |= {key for made in netted.values() for key in made.faults}
    # Superseded first: whoever is dismissing one is waited for here and seen below, or is refused.
    supersede(leaving=left, at=at)
    netted |= _netted_anew(run, shards, netted, at)
    faults = {key: why for made in netted.values() for key, why in made.faults.items()}
    found = sorted((one for made in netted.values() for one in made.found), key=lambda one: str(one.item.pk))
    renew_messages(found, NettingRules.objects.current(), leaving=left | faults.keys(), at=at)
    ForecastShard.objects.filter(run=run).update(given=None, handed_on=None, summary=None)
    items = sum(report.items for report in reports)
    proposals = sum(made.proposals for made in netted.values())
    run.move_to(
        ForecastRun.Status.DONE,
        finished_at=timezone.now(),
        items_total=items,
        items_done=items,
        message=" ".join(
            part
            for part in (
                f"{_counted(items, 'item')} forecast, {_counted(proposals, 'proposal')}.",
                run.message,
                f"Netting: {named_shards(failed)}; what was proposed of its items stays." if failed else "",
                f"Nothing could be proposed of {told_faults(faults)}; what was proposed stays."
                if faults
                else "",
            )
            if part
        ),
    )
    record(ForecastRunDone(run=run.pk, items=items, proposals=proposals))


def _store_bound(run: ForecastRun, decided: Iterator[targets.Stocked]) -> None:
    """Write the targets of items that are bound together; of those that are beyond numbers nothing stays, and their shards name them."""
    beyond: dict[int, str] = {}

    def rows() -> Iterator[StockTarget]:
        for one in decided:
            try:
                yield targets.row(run, one)
            except OverflowError as error:
                beyond[one.asked.item.pk] = told(error)

    copy_rows(StockTarget, rows())
    run.items.filter(item__in=list(beyond)).delete()
    for shard in run.shards.deciding().light().filter(items__overlap=list(beyond)) if beyond else ():
        shard.left_out |= {str(key): why for key, why in beyond.items() if key in shard.items}
        shard.save(update_fields=["left_out"])


def _reports(run: ForecastRun) -> list[Report]:
    """What became of the items of each shard."""
    done = run.shards.deciding().done().order_by("number")
    return [report for each in done.values_list("summary", flat=True) for report in pipeline.unpack(each)]


def _netted_anew(
    run: ForecastRun, shards: Sequence[ForecastShard], netted: dict[int, Netted], at: datetime
) -> dict[int, Netted]:
    """Those shards of whose items more or less is on order by now than they have counted on."""
    now = on_order(since=run.as_of)
    found = {}
    for shard in shards:
        if netted[shard.pk].on_order != {key: now[key] for key in shard.items if key in now}:
            take_back(run, shard.items, at=at)
            found[shard.pk] = net_shard(run, pipeline.unpack(shard.given))
    return found


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
