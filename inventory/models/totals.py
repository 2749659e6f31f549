"""Sums over other tables as columns, each a subquery of its own, so that several of them do not multiply one another."""

from typing import Any

from django.db import models
from django.db.models import Subquery, Sum
from django.db.models.functions import Coalesce

_QUANTITY: models.DecimalField[Any, Any] = models.DecimalField(max_digits=24, decimal_places=6)


def total_over(rows: models.QuerySet[Any], group: str, expression: Any = "quantity") -> Coalesce:
    """The sum of `expression` over `rows`, which refer to the outer row by their column `group`; zero over none."""
    grouped = rows.order_by().values(group).annotate(total=Sum(expression, output_field=_QUANTITY))
    return Coalesce(Subquery(grouped.values("total")), 0, output_field=_QUANTITY)
