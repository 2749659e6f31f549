"""Regulated work at the demo's plants: deliveries that wait for a signature, one signed, one whose signature is void since; batches
reviewed and not yet reviewed, a first article, a drill of a recall, and an instruction that must be read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from io import TextIOBase

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from inventory.models import Balance, Item, Location, Lot, Move
from inventory.renumbering import renumbered_from
from mes.console.demo.people import PASSWORD, let
from mes.core import signing
from mes.core.history import done_by
from mes.core.models import Meaning, User
from mes.papers.models import Paper
from orders.services import balance_recall, close_recall, start_recall
from production import services as production
from production.models import Batch, Instruction, InstructionVersion, ProcessPlan, StepInstruction
from quality import services as quality
from quality.models import Characteristic, Gauge, Inspection, Recall
from quality.services import Entry

REGULATED = {
    "NP-2201": "Flight-critical bracket: the customer's quality agreement asks for signed records",
    "NP-2310": "Flight-critical pin: the customer's quality agreement asks for signed records",
    "TI64-BAR20": "Goes into flight-critical pins",
    "BLK-SN": "Sold to hospitals: batches are released by signature",
    "CW-SN-050": "Sold to hospitals: batches are released by signature",
    "CW-SN-100": "Sold to hospitals: batches are released by signature",
    "CW-SN-500": "Sold to hospitals: batches are released by signature",
}
PIN, BAR = "NP-2310", "TI64-BAR20"
INSTRUCTION, REVISION = "WI-014", "B"
CORRECTED, CERTIFICATE = "H88121", "EN 10204 3.1 no. 88121 rev 1"
TEXT = """## Penetrant inspection of titanium pins

1. Degrease, rinse, dry for **10 minutes at 60 °C**.
2. Penetrant level 3, dwell **20 minutes**, part at 15 to 40 °C.
3. Wash off below 2.8 bar, watch under UV-A.
4. Developer for 10 minutes, then read within 60 minutes in the dark booth.

Any linear indication on the bearing diameter: stop, report a nonconformance, and call the Level II.
"""


def regulation_is_missing() -> bool:
    """Whether the pin is there and what is done under the rules is not, or not all of it."""
    return Item.objects.filter(number=PIN).exists() and any(is_due() for is_due, _ in ACTS)


def regulate(say: TextIOBase) -> None:
    """Mark the items, then do what people of the last days would have done under the rules.

    Each act in a transaction of its own: the reason that is given for one must not stand beside the changes of the next.
    """
    now = timezone.now()
    for is_due, act in ACTS:
        if is_due():
            with transaction.atomic():
                act(now)


def mark(now: datetime) -> None:
    """Put the items under the rules, each with the reason that its history keeps."""
    for number, why in REGULATED.items():
        for item in Item.objects.filter(number=number).order_by("pk"):
            with transaction.atomic(), done_by(_person("manager").pk, reason=why):
                item.is_regulated = True
                item.save(update_fields=["is_regulated"])


def write_down_how(now: datetime) -> None:
    """An instruction that must be read, and the draft of the pin's next process plan that names it."""
    planner, at = _person("planner"), now - timedelta(days=2)
    plan = ProcessPlan.objects.effective().select_related("item").get(item__number=PIN)
    with done_by(planner.pk, reason="Penetrant inspection is worked to an instruction"):
        version = production.write_instruction(
            INSTRUCTION,
            "Penetrant inspection of titanium pins",
            text=TEXT,
            must_be_read=True,
            by=planner,
            at=at,
        )
        draft = production.revise_process_plan(plan, REVISION, by=planner, at=at)
        for step in draft.steps.filter(required_qualification__startswith="NDT"):
            StepInstruction.objects.create(plan=draft, step=step, instruction=version.instruction)


def approve(now: datetime) -> None:
    """The manager signs both: neither is in force because its author says so."""
    manager, at = _person("manager"), now - timedelta(days=2)
    version = InstructionVersion.objects.get(instruction__number=INSTRUCTION, status="draft")
    let(manager, production.approve_instruction, version, credentials=_signature("manager"), at=at)
    draft = ProcessPlan.objects.get(item__number=PIN, revision=REVISION)
    let(manager, production.approve_process_plan, draft, credentials=_signature("manager"), at=at)


def receive_bars(now: datetime) -> None:
    """Three deliveries of bar, inspected alike: two released by signature, one that waits for it."""
    manager = _person("manager")
    for heat, days, is_released in ((CORRECTED, 6, True), ("H88136", 3, True), ("H88154", 1, False)):
        lot = _deliver(heat, at=now - timedelta(days=days))
        if is_released:
            at = now - timedelta(days=days - 1)
            let(manager, quality.release_lot, lot, credentials=_signature("manager"), at=at)


def correct_certificate(now: datetime) -> None:
    """What was signed is another since: the signature under that release is void, and says of what."""
    lot = _bars().get(supplier_lot=CORRECTED)
    with done_by(_person("planner").pk, reason="The mill sent a corrected certificate"):
        lot.attributes = lot.attributes | {"certificate": CERTIFICATE}
        lot.save(update_fields=["attributes"])


def _bars() -> QuerySet[Lot]:
    found: QuerySet[Lot] = Lot.objects.filter(item__number=BAR)
    return found


def _deliver(heat: str, *, at: datetime) -> Lot:
    """Bar from its mill, with heat and certificate, measured by the inspector."""
    item = Item.objects.select_related("site", "supplier").get(number=BAR)
    lot = let(
        _person("planner"),
        quality.receive,
        item,
        Decimal(6),
        supplier=item.supplier,
        supplier_lot=heat,
        attributes={"heat": heat, "certificate": f"EN 10204 3.1 no. {heat[1:]}", "melt_source": "KELDHOLM"},
        reference=f"DN-{heat}",
        at=at,
    )
    for inspection in Inspection.objects.open().filter(lot=lot).select_related("plan", "lot__item__site"):
        _measure(inspection, at=at + timedelta(hours=1))
    lot.refresh_from_db()
    return lot


def _measure(inspection: Inspection, *, at: datetime) -> None:
    """Nominal values everywhere, with a gauge that may measure."""
    site = inspection.lot.item.site
    entries = []
    for each in inspection.plan.characteristics.order_by("number"):
        gauges = Gauge.objects.instead_of(each.gauge_kind, site, at.date()) if each.gauge_kind else None
        is_judged = each.kind == Characteristic.Kind.ATTRIBUTE
        entries += [
            Entry(
                each,
                piece,
                value=None if is_judged else each.nominal,
                conforms=True if is_judged else None,
                gauge=gauges.first() if gauges is not None else None,
            )
            for piece in range(1, inspection.sample_size + 1)
        ]
    let(_person("inspector"), quality.record_results, inspection, entries, at=at)


def review_batches(now: datetime) -> None:
    """Of the pins made so far: two with something to read, one of them reviewed and recorded; and the first article of the part."""
    batches = list(_pins().select_related("lot__item__site", "plan__item").order_by("finished_at", "pk"))
    reviewed, inspector, manager = batches[0], _person("inspector"), _person("manager")
    lots = [batch.lot for batch in (reviewed, batches[-1]) if batch.lot is not None]
    found = (
        ("Chatter mark on the shoulder of one pin, outside the bearing length", "Collet worn"),
        ("Heat number stamped faintly on one pin; legible under the glass", "Stamp worn"),
    )
    for lot, (what, cause) in zip(lots, found, strict=True):
        at = min(now - timedelta(hours=3), lot.made_at + timedelta(hours=20))
        goods = _numbered_now(lot)
        report = let(_person("operator"), quality.open_nonconformance, goods, Decimal(1), what, at=at)
        let(
            manager,
            quality.decide_nonconformance,
            report,
            "use_as_is",
            "Within the drawing; engineering has looked at it",
            credentials=_signature("manager"),
            at=at + timedelta(hours=1),
        )
        let(inspector, quality.close_nonconformance, report, cause=cause, at=at + timedelta(hours=2))
    at = now - timedelta(minutes=40)
    exceptions = quality.open_exceptions(production.review_of(reviewed))
    answer = "Looked at with engineering: outside the bearing length, and what was done about it is recorded"
    let(manager, production.answer_exceptions, reviewed, exceptions, answer, at=at)
    let(manager, signing.sign, reviewed, Meaning.REVIEW, credentials=_signature("manager"), at=at)
    let(manager, production.issue_batch_record, reviewed, credentials=_signature("manager"), at=at)
    let(inspector, production.issue_first_article, reviewed, credentials=_signature("inspector"), at=at)


def _numbered_now(lot: Lot) -> Lot:
    """The lot, or one of the numbers that its goods bear since it was released."""
    numbers = renumbered_from([lot.pk])[lot.pk]
    here = Q(location__is_real=True) | Q(location__kind=Location.Kind.CUSTOMER)
    held = Balance.objects.filter(here, lot__in=numbers, quantity__gt=0)
    there = held.order_by("lot").values_list("lot", flat=True).first()
    return Lot.objects.get(pk=there) if there is not None else lot


def drill(now: datetime) -> None:
    """A drill that is over, with what it took, and one whose clock runs."""
    went_far = _cut_bars().order_by("-pk").select_related("lot")[:1].get()
    lot, inspector, manager = went_far.lot, _person("inspector"), _person("manager")
    begun = now - timedelta(days=3)
    over = _begin(lot, "Quarterly drill: could we find every pin of one heat?", at=begun)
    let(inspector, balance_recall, over, "Kerf and test pieces", at=begun + timedelta(minutes=17, seconds=40))
    let(
        manager,
        close_recall,
        over,
        "Everything was found within 20 minutes; the heat stands on every traveler.",
        credentials=_signature("manager"),
        at=begun + timedelta(minutes=25),
    )
    _begin(lot, "Drill of the second shift", at=now - timedelta(minutes=6))


def _pins() -> QuerySet[Batch]:
    return Batch.objects.filter(plan__item__number=PIN, status=Batch.Status.DONE, lot__isnull=False)


def _cut_bars() -> QuerySet[Move]:
    return Move.objects.filter(kind=Move.Kind.ISSUE, lot__item__number=BAR)


def _begin(lot: Lot, why: str, *, at: datetime) -> Recall:
    return let(_person("inspector"), start_recall, basis="lot", reason=why, lots=[lot], is_mock=True, at=at)


def _person(role: str) -> User:
    return User.objects.get(username=role)


def _signature(role: str) -> signing.Credentials:
    return signing.Credentials(username=role, password=PASSWORD)


ACTS: tuple[tuple[Callable[[], bool], Callable[[datetime], None]], ...] = (
    (lambda: not Instruction.objects.filter(number=INSTRUCTION).exists(), mark),
    (lambda: not Instruction.objects.filter(number=INSTRUCTION).exists(), write_down_how),
    (
        lambda: ProcessPlan.objects.filter(item__number=PIN, revision=REVISION, status="draft").exists(),
        approve,
    ),
    (lambda: not _bars().filter(supplier_lot=CORRECTED).exists(), receive_bars),
    (lambda: not _bars().filter(attributes__certificate=CERTIFICATE).exists(), correct_certificate),
    (
        lambda: not Paper.objects.filter(kind=Paper.Kind.FIRST_ARTICLE).exists() and _pins().exists(),
        review_batches,
    ),
    (lambda: not Recall.objects.exists() and _cut_bars().exists(), drill),
)
"""What there is to do, in order, and when each is due: a start that was cut short is taken up again."""
