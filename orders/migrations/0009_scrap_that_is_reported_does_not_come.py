from django.db import migrations

PASSED = "sum(coalesce(passed.quantity, batch.quantity)) FILTER"
LESS_LOST = "sum(coalesce(passed.quantity, batch.quantity) - coalesce(lost.quantity, 0)) FILTER"
JOINED = ") passed ON batch.status = 'running'\n"
WITH_LOST = (
    JOINED
    + """        LEFT JOIN LATERAL (
            SELECT sum(report.scrap) AS quantity FROM production_operation operation
            JOIN production_progressreport report ON report.operation_id = operation.id
            WHERE operation.batch_id = batch.id AND operation.status IN ('running', 'paused')
        ) lost ON batch.status = 'running'
"""
)


def _rewrite(schema_editor, *changes):
    """The function as it stands, with expressions of it replaced."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('orders_position_of(bigint)'::regprocedure)")
        (definition,) = cursor.fetchone()
        for there, wanted in changes:
            if there not in definition:
                raise ValueError("orders_position_of counts what comes in another way than this migration knows.")
            definition = definition.replace(there, wanted)
        cursor.execute(definition)


# What is reported as scrap while a step runs is lost already: a line that needs it need not wait for the step's end to say so.
def leave_out_reported_scrap(apps, schema_editor):
    _rewrite(schema_editor, (PASSED, LESS_LOST), (JOINED, WITH_LOST))


def count_reported_scrap(apps, schema_editor):
    _rewrite(schema_editor, (LESS_LOST, PASSED), (WITH_LOST, JOINED))


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_a_line_is_at_the_step_that_runs'),
    ]

    operations = [migrations.RunPython(leave_out_reported_scrap, count_reported_scrap)]
