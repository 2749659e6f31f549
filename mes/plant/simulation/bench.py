"""Inspectors: they measure what is open for inspection and decide what becomes of what failed."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from mes.core.models import User
from mes.plant.simulation.world import World
from production.models import Checkpoint, Operation
from quality.models import Characteristic, Gauge, Inspection, Nonconformance
from quality.services import (
    Entry,
    close_nonconformance,
    confirm_measurement,
    decide_nonconformance,
    record_results,
)

FAILS = 0.012  # share of inspections in which one piece is out
LOOKS_AFTER = timedelta(minutes=15)
SIGMAS_WITHIN = 4.5  # half the tolerance in standard deviations: a capability index of 1.5

Disposition = Nonconformance.Disposition


def inspect_what_is_open(world: World, now: datetime) -> None:
    """Carry out every inspection that has waited long enough for somebody to come."""
    waiting = Inspection.objects.open().filter(
        lot__item__site__in=world.sites, opened_at__lte=min(now - LOOKS_AFTER, world.left_from)
    )
    for inspection in waiting.select_related("plan", "lot__item__site").oldest_first():
        _inspect(world, "inspections carried out", inspection, now)


def pass_first_piece(world: World, operation: Operation, now: datetime) -> None:
    """The inspector comes to the machine that has just been started, if its first piece is asked for."""
    looks = Checkpoint.objects.shut().filter(operation=operation, moment=Checkpoint.Moment.FIRST_PIECE)
    for inspection in Inspection.objects.open().filter(pk__in=looks.values("inspection")):
        _inspect(world, "first pieces inspected", inspection, now)


def _inspect(world: World, what: str, inspection: Inspection, now: datetime) -> None:
    """The inspector measures; a second person confirms where that is asked."""
    measured = world.attempt(
        what, partial(_measure, world, inspection, now=now), by=world.people["inspector"]
    )
    if not measured:
        return
    for waiting in inspection.measurements.standing().filter(
        characteristic__needs_second_person=True, confirmation__isnull=True
    ):
        confirm = partial(confirm_measurement, waiting, at=now)
        world.attempt("results confirmed", confirm, by=world.people["storekeeper"])
    world.tally["measurements"] += inspection.measurements.count()


def _measure(world: World, inspection: Inspection, *, by: User, now: datetime) -> None:
    """Every characteristic of every piece, sample by sample; the last result concludes the inspection."""
    characteristics = list(inspection.plan.characteristics.order_by("number"))
    gauges = {each.pk: _gauge(inspection, each, now) for each in characteristics}
    bad = world.rng.random() if world.chance(FAILS) else None
    first = 1
    while inspection.status == Inspection.Status.OPEN and first <= inspection.sample_size:
        places = [
            (each, piece) for piece in range(first, inspection.sample_size + 1) for each in characteristics
        ]
        first = inspection.sample_size + 1
        out = int(bad * len(places)) if bad is not None else None
        entries = []
        for number, (characteristic, piece) in enumerate(places):
            value, conforms = _result(world, inspection, characteristic, good=number != out)
            gauge = gauges[characteristic.pk]
            entries.append(Entry(characteristic, piece, value=value, conforms=conforms, gauge=gauge))
        record_results(inspection, entries, by=by, at=now)


def _gauge(inspection: Inspection, characteristic: Characteristic, now: datetime) -> Gauge | None:
    """Where a kind of gauge is asked for, the one of the site that was calibrated last; without any the result will be refused."""
    if not characteristic.gauge_kind:
        return None
    site = inspection.lot.item.site
    return Gauge.objects.instead_of(characteristic.gauge_kind, site, now.astimezone(site.zone).date()).first()


def _result(
    world: World, inspection: Inspection, characteristic: Characteristic, *, good: bool
) -> tuple[Decimal | None, bool | None]:
    """A value, or whether it conforms where there is nothing to measure."""
    if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        return None, good
    if characteristic.kind == Characteristic.Kind.COUNT:
        return Decimal(0 if good else 1), None
    return _value(world, *inspection.limits_of(characteristic), characteristic.nominal, good=good), None


def _value(
    world: World, lower: Decimal | None, upper: Decimal | None, nominal: Decimal | None, *, good: bool
) -> Decimal:
    """A value of a capable process, or one just outside the limits."""
    low, high = _ends(lower, upper, nominal)
    if not good:
        outside = high + (high - low) / 10 if upper is not None else low - (high - low) / 10
        return round(Decimal(outside), 4)
    middle, half = (low + high) / 2, (high - low) / 2
    drawn = middle + half * max(-0.9, min(0.9, world.rng.gauss(0, 1 / SIGMAS_WITHIN)))
    return _inside(round(Decimal(drawn), 4), lower, upper)


def _ends(lower: Decimal | None, upper: Decimal | None, nominal: Decimal | None) -> tuple[float, float]:
    """Limits as numbers; where one is missing, as far on the other side of the nominal as the one that is there."""
    if lower is not None and upper is not None:
        return float(lower), float(upper)
    bound = float(lower if lower is not None else upper or 0)
    usual = float(nominal) if nominal is not None else bound * 0.5
    width = abs(bound - usual) or abs(bound) * 0.1 or 1.0
    return (bound, bound + 2 * width) if lower is not None else (bound - 2 * width, bound)


def _inside(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> Decimal:
    if lower is not None:
        value = max(value, lower)
    return value if upper is None else min(value, upper)


def decide_what_failed(world: World, now: datetime) -> None:
    """Material that failed at receiving goes back; work of our own is mostly done again."""
    undecided = Nonconformance.objects.undecided().filter(lot__item__site__in=world.sites)
    for nonconformance in undecided.select_related("lot__item", "inspection__plan").order_by("pk"):
        disposition, why = _decision(world, nonconformance)
        act = partial(decide_nonconformance, nonconformance, disposition, why, at=now)
        world.attempt("nonconformances decided", act, by=world.people["inspector"])
    decided = Nonconformance.objects.filter(
        status=Nonconformance.Status.DECIDED, lot__item__site__in=world.sites
    )
    for nonconformance in decided.select_related("lot__item", "inspection__plan").order_by("pk"):
        if _is_settled(nonconformance):
            act = partial(close_nonconformance, nonconformance, at=now)
            world.attempt("nonconformances closed", act, by=world.people["inspector"])


def _is_settled(nonconformance: Nonconformance) -> bool:
    """Whether what was found was sent away, accepted, or has passed since."""
    inspection = nonconformance.inspection
    again = nonconformance.disposition in {Disposition.REWORK, Disposition.REINSPECT}
    return inspection is None or not again or Inspection.objects.cleared().filter(pk=inspection.gate).exists()


def _decision(world: World, nonconformance: Nonconformance) -> tuple[str, str]:
    inspection = nonconformance.inspection
    if inspection is None:
        return Disposition.USE_AS_IS, "Looked at again: within the drawing."
    if inspection.plan.stage == "receiving":
        return Disposition.RETURN, "Outside the order; the supplier replaces it."
    if world.chance(0.7):
        return Disposition.REWORK, "Can be brought within limits; inspected again afterwards."
    return Disposition.REINSPECT, "Gauge doubted; measured again with another."
