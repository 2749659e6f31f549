from django.db import migrations


class Migration(migrations.Migration):
    """The act of a batch that was started before acts named what they make; the table is append-only for everybody else."""

    dependencies = [
        ("production", "0011_work_instructions_under_document_control"),
        ("inventory", "0004_genealogy_is_complete_by_construction"),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE inventory_transformation DISABLE TRIGGER USER;
            UPDATE inventory_transformation act SET lot_id = batch.lot_id
            FROM production_batch batch WHERE batch.transformation_id = act.id AND act.lot_id IS NULL;
            ALTER TABLE inventory_transformation ENABLE TRIGGER USER;
            """,
            migrations.RunSQL.noop,
        )
    ]
