"""What customers ask of an operation beyond the drawing, for the person who must meet it."""

from django.db.models import F, Q, QuerySet

from production.models import Operation, Specification


def asked_of(operation: Operation) -> QuerySet[Specification]:
    """Requirements that bind this step, the material it takes, or what its inspection measures; and those of the whole order."""
    step = operation.step
    own = Q(step=step) | Q(component__step=step)
    if step.inspection_plan is not None:
        own |= Q(characteristic__plan__code=step.inspection_plan.code)
    whole = Q(step__isnull=True, component__isnull=True, characteristic__isnull=True)
    found: QuerySet[Specification] = (
        Specification.objects.filter(own | whole, order=operation.batch.order_id)
        .select_related("step", "component__item", "characteristic")
        .order_by(F("step").desc(nulls_last=True), "pk")
    )
    return found
