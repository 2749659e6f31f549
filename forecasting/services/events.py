"""Events that explain demand: added by people, found by the house, decided by people."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from forecasting.facts import DemandEventDecided
from forecasting.models import DemandEvent
from inventory.models import Item, Site
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput

Kind = DemandEvent.Kind
Status = DemandEvent.Status
LARGEST_FACTOR = Decimal(1000)


class WrongEvent(InvalidInput):
    code = "forecasting.wrong_event"
    title = "This is no event yet"


class EventTwice(DomainError):
    code = "forecasting.event_twice"
    title = "This is known already"


@transaction.atomic
def add_event(
    *,
    kind: str,
    name: str,
    first_date: date,
    last_date: date | None = None,
    item: Item | None = None,
    family: str = "",
    site: Site | None = None,
    factor: Decimal | None = None,
    is_learnt: bool | None = None,
    like_items: Iterable[Item] = (),
    by: User,
    at: datetime,
) -> DemandEvent:
    """Note something that changes demand, of an item, of a family at a site, or of everything at a site.

    It is confirmed by being added; forecasts go by it from the next run on.

    :param last_date: its last day; of a price change, a launch and an end of life, which go on, none.
    :param factor: what ordinary demand is multiplied by; of a launch, what the like items' demand is. None: learnt from history.
    :param is_learnt: whether demand of these days says anything of ordinary demand; by default of all but outliers and stock-outs.
    :param like_items: of a launch, whose history the new item is taken to have until it has its own.
    :raises WrongEvent: naming the field that does not fit the kind.
    :raises EventTwice: when one of the kind holds some of these days for the same item, family or site.
    """
    likes = list(like_items)
    where = _place(item, family, site)
    faults = _faults(kind, name, first_date, last_date, item, family, where, factor, likes)
    if faults or where is None:
        field, sentence = next(iter(faults.items()))
        raise WrongEvent(sentence[0], remedy="Correct it and add the event again.", errors={field: sentence})
    Site.objects.select_for_update(no_key=True).get(pk=where.pk)
    same = DemandEvent.objects.filter(site=where, item=item, family=family, kind=kind)
    other = same.exclude(status=Status.DISMISSED).between(first_date, last_date or date.max).first()
    if other is not None:
        raise EventTwice(
            f"{other} is {other.get_status_display().lower()} for {other.scope} already.",
            remedy="Change that one, dismiss it first, or choose other days.",
        )
    made = DemandEvent.objects.create(
        site=where,
        item=item,
        family=family,
        kind=kind,
        name=name.strip(),
        first_date=first_date,
        last_date=last_date,
        factor=factor,
        is_learnt=kind not in {Kind.OUTLIER, Kind.STOCK_OUT} if is_learnt is None else is_learnt,
        made_by=by,
        made_at=at,
        decided_by=by,
        decided_at=at,
    )
    made.like_items.set(likes)
    record(DemandEventDecided(event=made.pk, status=made.status, by=by.pk))
    return made


@transaction.atomic
def confirm_event(
    event: DemandEvent,
    *,
    factor: Decimal | None = None,
    is_learnt: bool | None = None,
    reason: str = "",
    by: User,
    at: datetime,
) -> DemandEvent:
    """It happened: forecasts go by it from the next run on. One that was dismissed is taken back so.

    :param factor: what it multiplies demand by, where that is known now.
    :param is_learnt: whether its days say anything of ordinary demand; None leaves that as it is.
    :raises IllegalTransition: when it is confirmed already.
    :raises Stale: when somebody else decided it meanwhile.
    """
    if factor is not None and not 0 <= factor <= LARGEST_FACTOR:
        raise _wrong("factor", f"{factor} multiplies no demand: give 0 to {LARGEST_FACTOR}.")
    changes: dict[str, object] = {"decided_by": by, "decided_at": at, "decision_reason": reason}
    if factor is not None:
        changes["factor"] = factor
    if is_learnt is not None:
        changes["is_learnt"] = is_learnt
    event.move_to(Status.CONFIRMED, **changes)
    record(DemandEventDecided(event=event.pk, status=event.status, by=by.pk))
    return event


@transaction.atomic
def dismiss_event(event: DemandEvent, *, reason: str, by: User, at: datetime) -> DemandEvent:
    """It was ordinary demand, or did not happen. What was found by itself is not proposed again for these days.

    :raises IllegalTransition: when it is dismissed already.
    :raises Stale: when somebody else decided it meanwhile.
    """
    event.move_to(Status.DISMISSED, decided_by=by, decided_at=at, decision_reason=reason)
    record(DemandEventDecided(event=event.pk, status=event.status, by=by.pk))
    return event


def _place(item: Item | None, family: str, site: Site | None) -> Site | None:
    if item is not None:
        return item.site
    if site is None and family:
        places = list(Site.objects.filter(items__family=family).distinct().order_by("pk")[:2])
        return places[0] if len(places) == 1 else None
    return site


def _faults(
    kind: str,
    name: str,
    first_date: date,
    last_date: date | None,
    item: Item | None,
    family: str,
    site: Site | None,
    factor: Decimal | None,
    likes: Sequence[Item],
) -> dict[str, list[str]]:
    """Sentences by field, the first fault first."""
    label = Kind(kind).label if kind in Kind.values else kind
    checks = [
        ("kind", kind not in Kind.values, f"“{kind}” is no kind of event: {', '.join(Kind.values)}."),
        ("name", not name.strip(), "Give it the name that people know it by."),
        ("item", item is not None and bool(family), "Name an item or a family, not both."),
        (
            "site",
            site is None,
            "Say at which site." if not family else f"Say at which site {family} is meant.",
        ),
        (
            "family",
            bool(family) and site is not None and not Item.objects.filter(site=site, family=family).exists(),
            f"No item of {site} is of a family {family}.",
        ),
        (
            "last_date",
            kind in DemandEvent.GOES_ON and last_date is not None,
            f"{label} goes on from its first day: leave the last day empty.",
        ),
        (
            "last_date",
            kind not in DemandEvent.GOES_ON and last_date is None,
            f"{label} has a last day: give it.",
        ),
        ("last_date", last_date is not None and last_date < first_date, "It ends before it begins."),
        ("item", kind == Kind.LAUNCH and item is None, "A launch is of one item: name it."),
        (
            "item",
            kind == Kind.END_OF_LIFE and item is None and not family,
            "An end of life is of an item or a family: name it.",
        ),
        (
            "factor",
            factor is not None and not 0 <= factor <= LARGEST_FACTOR,
            f"{factor} multiplies no demand: give 0 to {LARGEST_FACTOR}.",
        ),
        (
            "factor",
            kind == Kind.END_OF_LIFE and factor is not None,
            "After an end of life nothing is asked for.",
        ),
        (
            "like_items",
            bool(likes) and kind != Kind.LAUNCH,
            "Only a launch has items that it is taken to be like.",
        ),
        ("like_items", item is not None and item in likes, "An item is not like itself."),
    ]
    found: dict[str, list[str]] = {}
    for field, is_wrong, sentence in checks:
        if is_wrong:
            found.setdefault(field, []).append(sentence)
    return found


def _wrong(field: str, sentence: str) -> WrongEvent:
    return WrongEvent.at_field(field, sentence, remedy="Correct it and try again.")
