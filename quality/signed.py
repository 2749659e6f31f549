"""What of quality's records, and of the lots it judges, is signed."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.apps import apps

from inventory.models import Item, Lot
from mes.core.history import writers_of
from mes.core.signing import Content, canonical, signable, told_fields
from mes.core.signing.content import plain
from quality.models import (
    Inspection,
    InspectionPlan,
    Measurement,
    Nonconformance,
    Recall,
    RecallLot,
)

APPROVAL = {"status", "approved_by", "approved_at"}


@signable(InspectionPlan, title="Inspection plan")
def inspection_plan(keys: Collection[int]) -> dict[int, Content]:
    """What is inspected, on how many, within which limits."""
    plans = (
        InspectionPlan.objects.filter(pk__in=keys)
        .select_related("item", "sampling")
        .prefetch_related("characteristics")
    )
    return {
        plan.pk: told_fields(plan, without=APPROVAL)
        | {
            "sampling": told_fields(plan.sampling) if plan.sampling else None,
            "characteristics": [
                told_fields(each, without={"plan"})
                for each in sorted(plan.characteristics.all(), key=lambda each: each.number)
            ],
        }
        for plan in plans
    }


@inspection_plan.regulated
def _regulated_plans(keys: Collection[int]) -> Collection[int]:
    return InspectionPlan.objects.filter(pk__in=keys, item__in=Item.objects.under_rules()).values_list(
        "pk", flat=True
    )


@inspection_plan.authors
def _authors_of_plan(key: int) -> Collection[int]:
    """Whoever drafted it or changed the draft or one of its characteristics."""
    history = apps.get_model("quality", "InspectionPlanEvent")._default_manager
    own = history.filter(pgh_obj=key, status=InspectionPlan.Status.DRAFT)
    parts = apps.get_model("quality", "CharacteristicEvent")._default_manager.filter(plan=key)
    return writers_of(own, parts)


@signable(Lot, title="Lot")
def lot(keys: Collection[int]) -> dict[int, Content]:
    """What the lot is, and everything found about it.

    Each inspection and nonconformance is an entry of its own: one that is opened later leaves a signature as it is, a result that is
    corrected later does not.
    """
    found: dict[int, Content] = {
        each.pk: {
            "item": str(each.item),
            "lot": each.number,
            "supplier": each.supplier.code if each.supplier else None,
            "supplier lot": each.supplier_lot,
            "attributes": each.attributes,
            "made at": each.made_at,
            "expires on": each.expires_on,
        }
        for each in Lot.objects.filter(pk__in=keys).select_related("item", "supplier")
    }
    results: defaultdict[int, list[list[Any]]] = defaultdict(list)
    standing = Measurement.objects.standing().filter(inspection__lot__in=keys)
    for inspection, *row in standing.order_by("characteristic__number", "piece", "pk").values_list(
        "inspection", "characteristic__number", "piece", "value", "conforms"
    ):
        results[inspection].append(row)
    for each in Inspection.objects.filter(lot__in=keys).select_related("plan"):
        found[each.lot_id][f"inspection {each.pk}"] = _verdict(each, results[each.pk])
    for report in Nonconformance.objects.filter(lot__in=keys):
        found[report.lot_id][f"nonconformance {report.number}"] = {
            "description": report.description,
            "quantity": report.quantity,
            "disposition": report.disposition,
            "justification": report.justification,
        }
    return found


@lot.regulated
def _regulated_lots(keys: Collection[int]) -> Collection[int]:
    return Lot.objects.filter(pk__in=keys, item__in=Item.objects.under_rules()).values_list("pk", flat=True)


@lot.authors
def _measured_by(key: int) -> Collection[int]:
    """Whoever measured it: results are released by somebody else than the one who found them."""
    return set(Measurement.objects.filter(inspection__lot=key).values_list("by", flat=True))


@signable(Nonconformance, title="Nonconformance")
def nonconformance(keys: Collection[int]) -> dict[int, Content]:
    """What was found, and what was decided about it, and why."""
    rows = Nonconformance.objects.filter(pk__in=keys).select_related("lot__item", "inspection__plan")
    return {
        row.pk: {
            "number": row.number,
            "item": str(row.lot.item),
            "lot": row.lot.number,
            "found by": str(row.inspection.plan) if row.inspection else None,
            "description": row.description,
            "quantity": row.quantity,
            "disposition": row.disposition,
            "justification": row.justification,
            "customer's agreement": row.customer_agreement,
        }
        for row in rows
    }


@nonconformance.regulated
def _regulated_nonconformances(keys: Collection[int]) -> Collection[int]:
    return Nonconformance.objects.filter(pk__in=keys, lot__item__in=Item.objects.under_rules()).values_list(
        "pk", flat=True
    )


@nonconformance.authors
def _reported_by(key: int) -> Collection[int]:
    history = apps.get_model("quality", "NonconformanceEvent")._default_manager
    return writers_of(history.filter(pgh_obj=key, pgh_label="insert"))


def _verdict(inspection: Inspection, results: list[list[Any]]) -> Content:
    """The verdict and its results; of many, their hash stands for them."""
    return {
        "plan": str(inspection.plan),
        "verdict": inspection.status,
        "sample size": inspection.sample_size,
        "results": len(results),
        "nonconforming": sum(not row[-1] for row in results),
        "results sha256": hashlib.sha256(canonical(plain(results)).encode()).hexdigest(),
    }


@signable(Recall, title="Recall")
def recall(keys: Collection[int]) -> dict[int, Content]:
    """The case as it was closed, and by a hash what was decided of each of its lots."""
    decided: dict[int, list[Any]] = defaultdict(list)
    for key, *told in (
        RecallLot.objects.filter(recall__in=keys)
        .order_by("recall", "lot")
        .values_list("recall", "lot__item__number", "lot__number", "held_from", "decision", "justification")
    ):
        decided[key].append(told)
    return {
        case.pk: told_fields(case)
        | {
            "lots": len(decided[case.pk]),
            "lots_hash": hashlib.sha256(canonical(plain(decided[case.pk])).encode()).hexdigest(),
        }
        for case in Recall.objects.filter(pk__in=keys).select_related(
            "opened_by", "held_by", "balanced_by", "closed_by"
        )
    }


@recall.authors
def _authors_of_recall(key: int) -> Collection[int]:
    return Recall.objects.filter(pk=key).values_list("opened_by", flat=True)
