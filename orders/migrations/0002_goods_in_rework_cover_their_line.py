from django.db import migrations

BEFORE = """
CREATE OR REPLACE FUNCTION orders_position_of(line bigint) RETURNS TABLE (
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
            sum(coalesce(passed.quantity, batch.quantity)) FILTER (WHERE batch.status IN ('planned', 'released', 'running')) AS coming,
            sum(stock.quantity) AS unjudged,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id
        LEFT JOIN LATERAL (
            SELECT operation.good_quantity AS quantity FROM production_operation operation
            WHERE operation.batch_id = batch.id AND operation.status = 'done'
            ORDER BY operation.sequence DESC, operation.id DESC LIMIT 1
        ) passed ON batch.status = 'running'
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

# What a batch made for a line, and is being reworked, still comes; and the line waits for the rework's steps.
AFTER = """
CREATE OR REPLACE FUNCTION orders_position_of(line bigint) RETURNS TABLE (
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
            coalesce(sum(coalesce(passed.quantity, batch.quantity)) FILTER (WHERE batch.status IN ('planned', 'released', 'running')), 0)
                + coalesce(sum(reworked.quantity), 0) AS coming,
            sum(stock.quantity) AS unjudged,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id
        LEFT JOIN LATERAL (
            SELECT operation.good_quantity AS quantity FROM production_operation operation
            WHERE operation.batch_id = batch.id AND operation.status = 'done'
            ORDER BY operation.sequence DESC, operation.id DESC LIMIT 1
        ) passed ON batch.status = 'running'
        LEFT JOIN LATERAL (
            SELECT sum(balance.quantity) AS quantity FROM inventory_balance balance
            WHERE balance.lot_id = lot.id AND balance.is_real
        ) stock ON batch.status = 'done' AND lot.status IN ('in_process', 'quarantine', 'held')
        LEFT JOIN LATERAL (
            SELECT sum(rework.quantity) AS quantity FROM production_batch rework
            WHERE rework.lot_id = lot.id AND rework.rework_of_id IS NOT NULL AND rework.status = 'running'
        ) reworked ON batch.status = 'done'
        WHERE peg.line_id = line
    ) made
    CROSS JOIN (
        SELECT
            (array_agg(step.name ORDER BY operation.sequence, operation.id))[1] AS next_step,
            bool_or(operation.status = 'running') AS is_running,
            bool_or(operation.status = 'waiting' AND slot.id IS NULL) AS is_unscheduled,
            max(slot.ends_at) AS ends_at
        FROM orders_peg peg
        JOIN LATERAL (
            SELECT made.id FROM production_batch made WHERE made.order_id = peg.production_order_id
            UNION ALL
            SELECT rework.id FROM production_batch made
            JOIN production_batch rework ON rework.lot_id = made.lot_id AND rework.rework_of_id IS NOT NULL
            WHERE made.order_id = peg.production_order_id AND made.status = 'done'
        ) batch ON true
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


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0001_initial'),
        ('production', '0003_work_centers_have_a_history_and_finished_batches_are_reworked'),
    ]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
