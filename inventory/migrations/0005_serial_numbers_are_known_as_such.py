from django.db import migrations


class Migration(migrations.Migration):
    """Lots that a serialisation made before there was a column for it."""

    dependencies = [("inventory", "0004_genealogy_is_complete_by_construction")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE inventory_lot SET is_serial = true WHERE id IN (
                SELECT made.lot_id FROM inventory_move made
                JOIN inventory_transformation act ON act.id = made.transformation_id
                WHERE act.kind = 'serialisation' AND made.kind = 'output'
            )
            """,
            migrations.RunSQL.noop,
        )
    ]
