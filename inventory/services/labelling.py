"""Labels of lots, numbered and kept like every paper."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from inventory.labels import PACKS_OF_A_PAPER, SIZES, labels
from inventory.models import Lot
from inventory.quantities import check_quantity
from inventory.services.ledger import on_hand
from mes.core.models import User
from mes.core.refusals import InvalidInput
from mes.papers import services as papers
from mes.papers.models import Paper

MOST_LABELS = 500


class WrongLabels(InvalidInput):
    code = "inventory.wrong_labels"
    title = "These labels cannot be made"


def issue_labels(
    lot: Lot,
    *,
    size: str = "100x60",
    copies: int = 1,
    per_pack: Decimal | None = None,
    reason: str = "",
    by: User,
    at: datetime,
) -> Paper:
    """Labels of a lot or serial number: with GS1 barcodes where its item has a GTIN, else with those of our lot number.

    :param size: one of `100x60`, `70x37`, `50x30`, `148x105`, in millimetres.
    :param copies: how many of the same; ignored where packs are labelled.
    :param per_pack: so much to a pack: one label for each pack of what is on hand, the last with the rest.
    :param reason: why they are issued again.
    :raises WrongLabels: for an unknown size, too many, or packs of nothing.
    :raises ReasonMissing: when there are some already and no reason is given.
    """
    lot = Lot.objects.select_related("item__site", "supplier").get(pk=lot.pk)
    if size not in SIZES:
        known = ", ".join(SIZES)
        raise WrongLabels(
            f"There is no size {size}.",
            remedy=f"Choose one of {known}.",
            errors={"size": [f"one of {known}"]},
        )
    total = on_hand(lot)
    quantities = _packs(lot, total, per_pack) if per_pack is not None else _copies(total, copies)
    return papers.issue(
        Paper.Kind.LABEL,
        lot,
        lambda identity: labels(
            lot,
            quantities,
            size=size,
            paper_sequence=identity.sequence,
            company_prefix=settings.MES["GS1_PREFIX"],
            is_packed=per_pack is not None,
        ),
        concerns=[lot.item],
        zone=lot.item.site.zone,
        reason=reason,
        by=by,
        at=at,
    )


def _copies(total: Decimal, copies: int) -> Sequence[Decimal | None]:
    if not 1 <= copies <= MOST_LABELS:
        raise WrongLabels(
            f"{copies} labels are asked for.",
            remedy=f"Ask for 1 to {MOST_LABELS} at once.",
            errors={"copies": [f"between 1 and {MOST_LABELS}"]},
        )
    return [total or None] * copies


def _packs(lot: Lot, total: Decimal, per_pack: Decimal) -> Sequence[Decimal | None]:
    per_pack = check_quantity(lot.item, per_pack, name="per_pack")
    if not total:
        raise WrongLabels(
            f"Nothing of {lot} is on hand to pack.",
            remedy="Label it without packs, or once it is made.",
            errors={"per_pack": ["nothing is on hand"]},
        )
    full, rest = divmod(total, per_pack)
    count = int(full) + bool(rest)
    if count > min(MOST_LABELS, PACKS_OF_A_PAPER):
        raise WrongLabels(
            f"{count} packs are too many for one paper.",
            remedy="Put more to a pack, or split the lot.",
            errors={"per_pack": [f"at most {MOST_LABELS} packs"]},
        )
    return [per_pack] * int(full) + ([rest] if rest else [])
