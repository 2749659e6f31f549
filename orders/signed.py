"""What of this app's records is signed: amendments of orders, and concessions."""

from collections.abc import Collection

from inventory.models import Item
from mes.core.signing import Content, signable
from orders.models import Amendment, Evidence, Requirement


@signable(Amendment, title="Amendment")
def amendment(keys: Collection[int]) -> dict[int, Content]:
    """What is asked from then on and what no more, and why."""
    rows = (
        Amendment.objects.filter(pk__in=keys)
        .select_related("order")
        .prefetch_related("stated__line", "ended__line")
    )
    return {
        row.pk: {
            "order": row.order.number,
            "number": row.number,
            "reason": row.reason,
            "customer's change": row.customer_reference,
            "asked": [_told(each) for each in sorted(row.stated.all(), key=lambda each: each.pk)],
            "asked no more": [_told(each) for each in sorted(row.ended.all(), key=lambda each: each.pk)],
        }
        for row in rows
    }


@amendment.regulated
def _regulated_amendments(keys: Collection[int]) -> Collection[int]:
    return Amendment.objects.filter(
        pk__in=keys, order__lines__item__in=Item.objects.under_rules()
    ).values_list("pk", flat=True)


@amendment.authors
def _authors_of_amendment(key: int) -> Collection[int]:
    return Amendment.objects.filter(pk=key).values_list("proposed_by", flat=True)


@signable(Evidence, title="Concession")
def evidence(keys: Collection[int]) -> dict[int, Content]:
    """What the customer asked, why the goods may go without it, and whether he agreed."""
    rows = Evidence.objects.filter(pk__in=keys).select_related("requirement__line__order", "file")
    return {
        row.pk: {
            "line": str(row.requirement.line),
            "asked": row.requirement.text,
            "kind": row.kind,
            "reason": row.text,
            "customer's agreement": row.customer_agreement,
            "file": row.file.sha256 if row.file else None,
        }
        for row in rows
    }


def _told(requirement: Requirement) -> Content:
    return {
        "line": requirement.line.number,
        "kind": requirement.kind,
        "text": requirement.text,
        "component": requirement.component_number,
        "step": requirement.step_sequence,
        "characteristic": requirement.characteristic_name,
        "attribute": requirement.attribute,
        "expected": requirement.expected,
        "lower limit": requirement.lower_limit,
        "upper limit": requirement.upper_limit,
        "qualification": requirement.qualification,
    }
