"""What waits for a verdict: lots that do not conform, open inspections; and messages that nobody received."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.timesince import timesince

from inventory.models import Lot
from mes.console.decisions.decision import Action, Decision, days, ended
from mes.core import signing
from mes.core.links import address_of
from mes.core.models import FactDelivery, Meaning
from quality import services as quality
from quality.models import CorrectiveAction, Inspection, Nonconformance, Recall, SamplingSource, Stage

LOTS_LOOKED_AT = 200
LOTS_NAMED = 3


def nonconformances(at: datetime) -> Iterator[Decision]:
    waiting = (
        Nonconformance.objects.undecided()
        .select_related("lot__item", "inspection__plan")
        .order_by("opened_at", "pk")
    )
    for each in waiting:
        url = reverse("admin:quality_nonconformance_change", args=[each.pk])
        yield Decision(
            level="held",
            status="Held",
            what=f"Lot {each.lot} of {each.lot.item} {each.lot.item.description} does not conform",
            why=f"{ended(each.description)} Open for {timesince(each.opened_at, at)}.",
            url=url,
            cost=70 + min(days(at - each.opened_at), 20),
            actions=(
                Action("Decide", url, is_main=True, permission="quality.change_nonconformance"),
                Action("Where it went", reverse("console:genealogy", args=[each.lot_id])),
            ),
        )


def open_recalls(at: datetime) -> Iterator[Decision]:
    """What is in doubt at customers does not wait: before everything else, until it is closed."""
    for each in Recall.objects.open().filter(is_mock=False).order_by("opened_at", "pk"):
        url = reverse("console:recall", args=[each.pk])
        is_held = each.status == Recall.Status.HELD
        yield Decision(
            level="held" if is_held else "late",
            status="Recall",
            what=f"Recall {each}: {each.scope_text}"
            if is_held
            else f"Recall {each} holds nothing yet: {each.scope_text}",
            why=f"{ended(each.reason)} Open for {timesince(each.opened_at, at)}.",
            url=url,
            cost=95 if is_held else 100,
            actions=(Action("Go on", url, is_main=True, permission="quality.view_recall"),),
        )


def waiting_inspections() -> Iterator[Decision]:
    """Open inspections, one entry for each stage and site, so that a busy desk does not bury the rest of the list."""
    waiting = (
        Inspection.objects.open()
        .values("plan__item__site__name", "plan__item__site__code", "plan__stage")
        .annotate(count=Count("pk"))
        .order_by("-count", "plan__stage", "plan__item__site__name")
    )
    for group in waiting:
        stage, count = group["plan__stage"], group["count"]
        url = f"{reverse('console:quality')}?{urlencode({'site': group['plan__item__site__code']})}"
        yield Decision(
            level="planned",
            status="To inspect",
            what=f"{count} {Stage(stage).label.lower()} inspection{'s wait' if count != 1 else ' waits'} at {group['plan__item__site__name']}",
            why="What they judge can neither move on nor ship until then.",
            url=url,
            cost=10,
            actions=(Action("Inspect", url, is_main=True),),
        )


def discontinued_sources(at: datetime) -> Iterator[Decision]:
    """Sources whose lots nobody judges any more until somebody says what was put right there."""
    waiting = (
        Inspection.objects.open()
        .filter(source=OuterRef("pk"))
        .order_by()
        .values("source")
        .annotate(count=Count("pk"))
    )
    sources: Any = SamplingSource.objects.discontinued()
    stopped = sources.annotate(waiting=Subquery(waiting.values("count")))
    for source in stopped.select_related("item", "supplier").order_by("since", "pk"):
        url = reverse("admin:quality_samplingsource_change", args=[source.pk])
        count = source.waiting or 0
        lots = f"{count} lot{'s wait' if count != 1 else ' waits'}" if count else "Further lots will wait"
        yield Decision(
            level="late",
            status="Discontinued",
            what=f"No lot of {source} is judged any more",
            why=f"{ended(source.because)} {lots}: have it put right there, then restart inspection. "
            f"Stopped for {timesince(source.since, at)}.",
            url=url,
            cost=60 + min(days(at - source.since), 20),
            actions=(
                Action(
                    "Put right and restart", url, is_main=True, permission="quality.change_samplingsource"
                ),
            ),
        )


def lots_to_release() -> Iterator[Decision]:
    """Lots that passed everything and wait for the signature that releases them, or for the review of how they were made."""
    waiting = _nothing_open_about_whole_of()
    if not waiting:
        return
    demanding = signing.demanding(waiting, Meaning.RELEASE)
    reviewed = quality.lots_to_review(waiting)
    for lot in waiting:
        refusal = quality.why_not_reviewed(lot) if lot.pk in reviewed else None
        if refusal is not None and (page := address_of(refusal.see[0])) is not None:
            yield Decision(
                level="held",
                status="To review",
                what=f"Lot {lot} of {lot.item} {lot.item.description} waits for the review of how it was made",
                why=refusal.detail,
                url=page,
                cost=36,
                actions=(Action("Review", page, is_main=True, permission="inventory.judge_lot"),),
            )
        if refusal is not None or lot.pk not in demanding:
            continue
        url = reverse("admin:inventory_lot_change", args=[lot.pk])
        yield Decision(
            level="held",
            status="To release",
            what=f"Lot {lot} of {lot.item} {lot.item.description} waits to be released by signature",
            why="Nothing stands against it; whoever did not measure it may sign.",
            url=url,
            cost=35,
            actions=(Action("Look and sign", url, is_main=True, permission="inventory.judge_lot"),),
        )


def lots_nobody_judges() -> Iterator[Decision]:
    """Lots in quarantine of which neither an inspection nor a signature nor a review is asked, in one entry: such as what customers sent
    back of an item without an inspection plan.
    """
    waiting = _nothing_open_about_whole_of()
    if not waiting:
        return
    asked = signing.demanding(waiting, Meaning.RELEASE) | quality.lots_to_review(waiting)
    lots = [lot for lot in waiting if lot.pk not in asked]
    if not lots:
        return
    one = len(lots) == 1
    listed = (
        f"{reverse('admin:inventory_lot_changelist')}?{urlencode({'status__exact': Lot.Status.QUARANTINE})}"
    )
    url = reverse("admin:inventory_lot_change", args=[lots[0].pk]) if one else listed
    more = f" and {len(lots) - LOTS_NAMED} more" if len(lots) > LOTS_NAMED else ""
    names = ", ".join(f"{lot} ({lot.item})" for lot in lots[:LOTS_NAMED])
    yield Decision(
        level="held",
        status="To judge",
        what=f"{'A lot is' if one else f'{len(lots)} lots are'} in quarantine, and nobody is asked to judge {'it' if one else 'them'}",
        why=f"{names}{more}. The page of each says what it waits for; whoever judges lots releases it there.",
        url=url,
        cost=34,
        actions=(Action("Look", url, is_main=True, permission="inventory.judge_lot"),),
    )


def _nothing_open_about_whole_of() -> list[Lot]:
    """Lots in quarantine that no inspection is open of and no nonconformance undecided, oldest first; nor of the whole that one was
    split off or serialised from.
    """
    lots = list(
        Lot.objects.filter(status=Lot.Status.QUARANTINE)
        .in_stock()
        .exclude(Exists(Inspection.objects.open().filter(lot=OuterRef("pk"))))
        .exclude(Exists(Nonconformance.objects.undecided().filter(lot=OuterRef("pk"))))
        .select_related("item")
        .order_by("made_at", "pk")[:LOTS_LOOKED_AT]
    )
    waiting = quality.open_about_whole_of([lot.pk for lot in lots]) if lots else set()
    return [lot for lot in lots if lot.pk not in waiting]


def parked_facts() -> Iterator[Decision]:
    parked = FactDelivery.objects.parked().count()
    if parked:
        runs = reverse("console:runs")
        yield Decision(
            level="late",
            status="Stuck",
            what=f"{parked} message{'s' if parked != 1 else ''} between departments could not be delivered",
            why="Each was tried until its attempts were used up; the rest of the plant was not held up.",
            url=runs,
            cost=30,
            actions=(Action("Look and retry", runs, is_main=True),),
        )


def due_actions(at: datetime) -> Iterator[Decision]:
    """Corrective actions that somebody judges from today on, and those past their day: not implemented, or not judged."""
    for action in CorrectiveAction.objects.to_judge_today(at).select_related("owner").order_by("pk"):
        url = reverse("admin:quality_correctiveaction_change", args=[action.pk])
        yield Decision(
            level="risk",
            status="To judge",
            what=f"{action} {action.title}",
            why=f"From today on it can be seen whether it helped; somebody else than {action.owner} judges.",
            url=url,
            cost=36,
            actions=(
                Action("Look and judge", url, is_main=True, permission="quality.change_correctiveaction"),
            ),
        )
    late = CorrectiveAction.objects.overdue(at).select_related("owner")
    for action in late.order_by("due_date", "pk"):
        url = reverse("admin:quality_correctiveaction_change", args=[action.pk])
        waits = action.status == CorrectiveAction.Status.IMPLEMENTED
        day = action.check_date if waits and action.check_date else action.due_date
        yield Decision(
            level="late",
            status="Action overdue",
            what=f"{action} {action.title}",
            why=f"{'To be judged' if waits else 'To be implemented'} by {day:%d %b}; {action.owner} sees to it.",
            url=url,
            cost=38 + min((at.date() - day).days, 20),
            actions=(Action("Look at it", url, is_main=True, permission="quality.change_correctiveaction"),),
        )
