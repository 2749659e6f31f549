"""What happened to each order line so far, as the database sums it up: a view, read by `with_progress` and nothing else."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

QUANTITY: models.DecimalField[Any, Any] = models.DecimalField(max_digits=18, decimal_places=4)


class Position(models.Model):
    """One row for each order line, worked out when it is read.

    The view `orders_position` calls the function `orders_position_of` for a line, which PostgreSQL inlines: each sum is looked up
    by index, once, whatever is made of it afterwards. Nothing in it depends on the clock.
    """

    line = models.OneToOneField(
        "orders.OrderLine", on_delete=models.DO_NOTHING, primary_key=True, related_name="position"
    )
    shipped_quantity = QUANTITY.clone()
    reserved_quantity = QUANTITY.clone()
    released_until = ArrayField(
        models.DateField(), help_text="Expiry of each reserved lot that is released; 9999-12-31 for none"
    )
    released_quantities = ArrayField(QUANTITY.clone(), help_text="What is reserved of each of these")
    made_quantity = QUANTITY.clone()
    coming_quantity = QUANTITY.clone()
    unjudged_quantity = QUANTITY.clone()
    held_lot = models.CharField(max_length=60, null=True)  # noqa: DJ001 - a view: nothing is nothing
    next_step = models.CharField(max_length=100, null=True)  # noqa: DJ001 - as above
    is_step_running = models.BooleanField()
    is_unscheduled = models.BooleanField()
    projected_at = models.DateTimeField(null=True)
    promised_date = models.DateField(null=True)
    expected_date = models.DateField(null=True)

    class Meta:
        managed = False
        db_table = "orders_position"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Position of line {self.pk}"
