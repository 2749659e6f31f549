"""Forecasts held against reality: accuracy measured, alerts raised and passed, the near future adjusted between runs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from forecasting import comparing
from forecasting.comparing import HORIZONS, Week
from forecasting.daily import Daily, daily_of, newest_by_site
from forecasting.facts import ForecastAlertSeen, ForecastLeftItsBand
from forecasting.judging import (
    DRIFT_LIMIT,
    TRACKING_LIMIT,
    Compared,
    Sensed,
    drift,
    judge,
    sense,
    tracking_signal,
)
from forecasting.judging.sensing import DAYS_ADJUSTED
from forecasting.locks import Activity
from forecasting.models import ForecastAccuracy, ForecastAlert, ForecastRun, ItemForecast
from forecasting.services.monthly import keep_months, reopen_months
from forecasting.today import today_at
from forecasting.wording import amount
from inventory.models import Item
from mes.core.facts import record
from mes.core.models import User
from production.locks import wait_for_turn

Kind = ForecastAlert.Kind
Status = ForecastAlert.Status
_ITEMS_AT_ONCE: Final = 2_000


@transaction.atomic
def judge_forecasts(*, at: datetime) -> int:
    """Measure anew how good forecasts and people's numbers were, over the last half-year and by month, and raise or pass alerts of bias and
    drift. Months that are over for a month stand as they were measured.

    Returns the number of items judged. Before the first run is done, or the first week after it is over, there are none.
    """
    # Two who measure at once would each write what the other has written.
    wait_for_turn(Activity.JUDGING_FORECASTS)
    run = ForecastRun.objects.latest_done()
    today = today_at(at)
    # As of an earlier day than it is anywhere, so that a week of a run is judged where it is over.
    runs = comparing.runs_compared(max(today.by_site.values(), default=today.otherwise))
    ForecastAccuracy.objects.all().delete()
    if run is None or not runs:
        return 0
    since = reopen_months(today.earliest)
    judged = 0
    keys = list(
        ItemForecast.objects.filter(run__in=runs).order_by("item").values_list("item", flat=True).distinct()
    )
    for start in range(0, len(keys), _ITEMS_AT_ONCE):
        items = list(Item.objects.filter(pk__in=keys[start : start + _ITEMS_AT_ONCE]).order_by("pk"))
        weeks: dict[int, list[Week]] = {}
        for day, alike in today.alike(items).items():
            weeks |= comparing.weeks_of(alike, runs, day)
        rows = [row for item in items for row in _accuracies(item, weeks.get(item.pk, ()), run, at)]
        ForecastAccuracy.objects.bulk_create(rows, batch_size=1_000)
        keep_months(items, weeks, since=since, today=today.earliest, at=at)
        _raise_signals(items, weeks, run, at)
        judged += sum(bool(weeks.get(item.pk)) for item in items)
    return judged


def _accuracies(item: Item, weeks: Iterable[Week], run: ForecastRun, at: datetime) -> list[ForecastAccuracy]:
    found = []
    for first, last in HORIZONS:
        own = [week for week in weeks if first <= week.ahead <= last]
        if not own:
            continue
        found.append(_accuracy(item, None, (first, last), [week.compared for week in own], run, at))
        for owner in sorted({owner for week in own for owner in week.by_owner}):
            by_owner = [
                replace(week.compared, override=week.by_owner[owner])
                for week in own
                if owner in week.by_owner
            ]
            found.append(_accuracy(item, owner, (first, last), by_owner, run, at))
    return found


def _accuracy(
    item: Item,
    owner: int | None,
    horizon: tuple[int, int],
    compared: Sequence[Compared],
    run: ForecastRun,
    at: datetime,
) -> ForecastAccuracy:
    judged = judge(compared)
    # What an owner added is what his own number added, whatever was agreed afterwards.
    own = judge(replace(each, consensus=None) for each in compared) if owner is not None else judged
    return ForecastAccuracy(
        item=item,
        owner_id=owner,
        first_week=horizon[0],
        last_week=horizon[1],
        run=run,
        measured_at=at,
        weeks=judged.weeks,
        actual=judged.actual,
        naive_error=judged.naive.error if judged.naive else None,
        error=judged.statistical.error if judged.statistical else None,
        bias=judged.statistical.bias if judged.statistical else None,
        override_error=judged.override.error if judged.override else None,
        override_bias=judged.override.bias if judged.override else None,
        consensus_error=judged.consensus.error if judged.consensus else None,
        consensus_bias=judged.consensus.bias if judged.consensus else None,
        final_error=own.final.error if own.final else None,
        final_bias=own.final.bias if own.final else None,
        added=own.added,
    )


def _raise_signals(
    items: Sequence[Item], weeks: dict[int, list[Week]], run: ForecastRun, at: datetime
) -> None:
    standing = _standing(items, [Kind.BIAS, Kind.DRIFT])
    for item in items:
        errors, spreads = comparing.signals_of(weeks.get(item.pk, ()))
        signal = tracking_signal(errors)
        value = signal or 0.0
        sentence = ""
        if abs(value) > TRACKING_LIMIT:
            over = sum(error > 0 for error in errors) if value > 0 else sum(error < 0 for error in errors)
            side = "above" if value > 0 else "below"
            sentence = (
                f"Demand was {side} forecast in {over} of {len(errors)} weeks, by {amount(abs(sum(errors)) / len(errors))} "
                f"{item.unit} a week: tracking signal {value:+.2f}, limit {TRACKING_LIMIT:g}."
            )
        _settle(item, Kind.BIAS, standing, run, value, TRACKING_LIMIT, sentence, at)
        spread = comparing.mean_spread(spreads)
        moved = drift(errors, spread) if len(errors) >= 2 else 0.0
        sentence = ""
        if abs(moved) > DRIFT_LIMIT:
            side = "up" if moved > 0 else "down"
            sentence = (
                f"Demand has drifted {side}: errors of {len(errors)} weeks add up to {abs(moved):.1f} standard deviations of "
                f"{amount(spread)} {item.unit} beyond chance, limit {DRIFT_LIMIT:g}."
            )
        _settle(item, Kind.DRIFT, standing, run, moved, DRIFT_LIMIT, sentence, at)


def _standing(items: Iterable[Item], kinds: Sequence[str]) -> dict[tuple[int, str], ForecastAlert]:
    rows = ForecastAlert.objects.standing().filter(item__in=[item.pk for item in items], kind__in=kinds)
    return {(row.item_id, row.kind): row for row in rows.select_for_update(no_key=True).order_by("pk")}


def _settle(
    item: Item,
    kind: str,
    standing: dict[tuple[int, str], ForecastAlert],
    run: ForecastRun,
    value: float,
    limit: float,
    sentence: str,
    at: datetime,
) -> None:
    """Raise what is beyond its limit, keep what still is, pass what is not any more."""
    known = standing.get((item.pk, kind))
    if not sentence:
        if known is not None:
            known.move_to(Status.PASSED, passed_at=at)
    elif known is not None:
        ForecastAlert.objects.filter(pk=known.pk).update(run=run, value=value, limit=limit, why=sentence)
    else:
        ForecastAlert.objects.create(
            item=item, kind=kind, run=run, raised_at=at, value=value, limit=limit, why=sentence
        )


@transaction.atomic
def see_alert(alert: ForecastAlert, *, note: str = "", by: User, at: datetime) -> ForecastAlert:
    """Somebody looks after it; it stays until it passes by itself.

    :raises IllegalTransition: when it was seen or has passed.
    """
    alert.move_to(Status.SEEN, seen_by=by, seen_at=at, note=note)
    record(ForecastAlertSeen(alert=alert.pk, item=alert.item_id, by=by.pk))
    return alert


@transaction.atomic
def sense_demand(*, at: datetime) -> int:
    """Hold the whole days since the newest run against its bands; adjust the next four weeks of what left them.

    Safe to repeat: an adjustment is brought up to date, and passes when demand is back in the band. Returns how many items
    are outside. Where nothing is known yet of a site's days since the run, nothing is concluded.
    """
    wait_for_turn(Activity.JUDGING_FORECASTS)
    run = ForecastRun.objects.latest_done()
    if run is None:
        return 0
    today = today_at(at)
    items = list(Item.objects.filter(pk__in=run.items.values("item")).order_by("pk"))
    newest: dict[int, date] = {}
    daily: dict[int, Daily] = {}
    for day, alike in today.alike(items).items():
        newest |= newest_by_site(alike, day)
        daily |= daily_of([item.pk for item in alike], day)
    standing = _standing(items, [Kind.OUT_OF_BAND])
    forecasts = {
        item: (weeks, means) for item, weeks, means in run.items.values_list("item", "weeks", "daily_means")
    }
    outside = 0
    for site in sorted(newest):
        days = min((newest[site] - run.as_of).days + 1, DAYS_ADJUSTED)
        own = [item for item in items if item.site_id == site]
        if days < 1:
            continue
        for item in own:
            weeks, means = forecasts[item.pk]
            known = _sensed(run, days, daily.get(item.pk), sum(means[:days]), weeks)
            outside += _adjust(
                item, run, known, days, standing.get((item.pk, Kind.OUT_OF_BAND)), today.of(item), at
            )
    return outside


def _sensed(
    run: ForecastRun, days: int, daily: Daily | None, mean: float, weeks: list[dict[str, object]]
) -> Sensed | None:
    if daily is None or not weeks:
        return None
    if daily.is_starved(run.as_of, run.as_of + timedelta(days=days)):
        return None  # nobody knows what was wanted
    seen = daily.total(run.as_of, run.as_of + timedelta(days=days))
    first = weeks[0]
    q: dict[str, float] = first["q"]  # type: ignore[assignment]  # as the pipeline stores it
    return sense([seen], [mean], float(str(first["mean"])), q["0.05"], q["0.95"])


def _adjust(
    item: Item,
    run: ForecastRun,
    known: Sensed | None,
    days: int,
    standing: ForecastAlert | None,
    today: date,
    at: datetime,
) -> int:
    if known is None or not known.is_outside:
        if standing is not None:
            standing.move_to(Status.PASSED, passed_at=at)
        return 0
    side = "more" if known.seen > known.mean else "less"
    limit = known.high if known.seen > known.mean else known.low
    change = known.factor - 1
    told = f"{change:+.0%} today, fading over {DAYS_ADJUSTED} days"
    sentence = (
        f"{amount(known.seen)} {item.unit} were asked for in {days} {'day' if days == 1 else 'days'} since the forecast of {run.as_of}, {side} than "
        f"the {amount(known.low)} to {amount(known.high)} it gave; the forecast is adjusted by {told}."
    )
    changes = {
        "run": run,
        "value": known.seen,
        "limit": limit,
        "why": sentence,
        "factor": round(known.factor, 4),
        "first_date": today,
        "last_date": today + timedelta(days=DAYS_ADJUSTED - 1),
    }
    if standing is not None:
        ForecastAlert.objects.filter(pk=standing.pk).update(**changes)
        return 1
    made = ForecastAlert.objects.create(item=item, kind=Kind.OUT_OF_BAND, raised_at=at, **changes)
    record(ForecastLeftItsBand(alert=made.pk, item=item.pk, factor=round(known.factor, 4)))
    return 1


def pass_sensed(*, at: datetime) -> int:
    """A new run has seen what was sensed since the one before: adjustments end with it. Returns how many did."""
    standing = ForecastAlert.objects.standing().filter(kind=Kind.OUT_OF_BAND)
    return standing.update(status=Status.PASSED, passed_at=at)
