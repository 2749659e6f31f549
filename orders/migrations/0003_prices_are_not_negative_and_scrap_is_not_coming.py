"""No line is sold below nothing, and of a running batch only what its steps left good is still coming."""

from importlib import import_module

from django.db import migrations, models

FORMER = import_module('orders.migrations.0002_the_database_sums_up_each_line').FUNCTION.replace(
    'CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'
)
FUNCTION = FORMER.replace(
    'sum(batch.quantity) FILTER', 'sum(coalesce(passed.quantity, batch.quantity)) FILTER'
).replace(
    'LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id',
    """LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id
        LEFT JOIN LATERAL (
            SELECT operation.good_quantity AS quantity FROM production_operation operation
            WHERE operation.batch_id = batch.id AND operation.status = 'done'
            ORDER BY operation.sequence DESC, operation.id DESC LIMIT 1
        ) passed ON batch.status = 'running'""",
)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_the_database_sums_up_each_line'),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, FORMER),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='ordered_price_is_not_negative'),
        ),
    ]
