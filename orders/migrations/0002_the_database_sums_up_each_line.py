"""A view that sums up what happened to each order line.

The body of the function is text to PostgreSQL, so that it keeps no column of other apps from being changed; tests say when it must follow.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION orders_position_of(line bigint) RETURNS TABLE (
    shipped_quantity numeric, reserved_quantity numeric, released_until date[], released_quantities numeric[],
    made_quantity numeric, coming_quantity numeric, unjudged_quantity numeric, held_lot varchar, next_step varchar,
    is_step_running boolean, is_unscheduled boolean, projected_at timestamptz, promised_date date, expected_date date
) LANGUAGE sql STABLE AS $$
    SELECT
        coalesce(shipped.quantity, 0), coalesce(kept.quantity, 0), kept.until, kept.quantities,
        coalesce(made.good, 0), coalesce(made.coming, 0), coalesce(made.unjudged, 0),
        coalesce(kept.held_lot, made.held_lot), steps.next_step,
        coalesce(steps.is_running, false), coalesce(steps.is_unscheduled, false), steps.ends_at,
        promise.promised_date, receipt.due_date
    FROM (
        SELECT sum(row.quantity) AS quantity FROM orders_shipmentline row
        WHERE row.line_id = line AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = row.move_id)
    ) shipped
    CROSS JOIN (
        SELECT
            sum(claim.quantity) AS quantity,
            array_agg(coalesce(lot.expires_on, '9999-12-31')) FILTER (WHERE lot.status = 'released') AS until,
            array_agg(claim.quantity) FILTER (WHERE lot.status = 'released') AS quantities,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN inventory_reservation claim ON claim.id = peg.reservation_id AND claim.status = 'open'
        JOIN inventory_lot lot ON lot.id = claim.lot_id
        WHERE peg.line_id = line
    ) kept
    CROSS JOIN (
        SELECT
            sum(batch.good_quantity) AS good,
            sum(batch.quantity) FILTER (WHERE batch.status IN ('planned', 'released', 'running')) AS coming,
            sum(stock.quantity) AS unjudged,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id
        LEFT JOIN LATERAL (
            SELECT sum(balance.quantity) AS quantity FROM inventory_balance balance
            WHERE balance.lot_id = lot.id AND balance.is_real
        ) stock ON batch.status = 'done' AND lot.status IN ('in_process', 'quarantine', 'held')
        WHERE peg.line_id = line
    ) made
    CROSS JOIN (
        SELECT
            (array_agg(step.name ORDER BY operation.sequence, operation.id))[1] AS next_step,
            bool_or(operation.status = 'running') AS is_running,
            bool_or(operation.status = 'waiting' AND slot.id IS NULL) AS is_unscheduled,
            max(slot.ends_at) AS ends_at
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        JOIN production_operation operation
            ON operation.batch_id = batch.id AND operation.status IN ('waiting', 'running', 'paused')
        JOIN production_step step ON step.id = operation.step_id
        LEFT JOIN production_slot slot ON slot.operation_id = operation.id AND slot.is_published
        WHERE peg.line_id = line
    ) steps
    LEFT JOIN LATERAL (
        SELECT given.promised_date FROM orders_promise given
        WHERE given.line_id = line ORDER BY given.made_at DESC, given.id DESC LIMIT 1
    ) promise ON true
    LEFT JOIN LATERAL (
        SELECT min(purchase.due_date) AS due_date
        FROM inventory_expectedreceipt purchase JOIN orders_orderline own ON own.item_id = purchase.item_id
        WHERE own.id = line AND purchase.status = 'open'
    ) receipt ON true
$$
"""

VIEW = """
CREATE VIEW orders_position AS
SELECT line.id AS line_id, position.* FROM orders_orderline line CROSS JOIN LATERAL orders_position_of(line.id) position
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0001_first_tables'),
        ('production', '0001_first_tables'),
        ('orders', '0001_first_tables'),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, 'DROP FUNCTION orders_position_of(bigint)'),
        migrations.RunSQL(VIEW, 'DROP VIEW orders_position'),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='position', serialize=False, to='orders.orderline')),
                ('shipped_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('reserved_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('released_until', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), help_text='Expiry of each reserved lot that is released; 9999-12-31 for none', size=None)),
                ('released_quantities', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=18), help_text='What is reserved of each of these', size=None)),
                ('made_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('coming_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('unjudged_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('held_lot', models.CharField(max_length=60, null=True)),
                ('next_step', models.CharField(max_length=100, null=True)),
                ('is_step_running', models.BooleanField()),
                ('is_unscheduled', models.BooleanField()),
                ('projected_at', models.DateTimeField(null=True)),
                ('promised_date', models.DateField(null=True)),
                ('expected_date', models.DateField(null=True)),
            ],
            options={
                'db_table': 'orders_position',
                'managed': False,
                'default_permissions': (),
            },
        ),
    ]
