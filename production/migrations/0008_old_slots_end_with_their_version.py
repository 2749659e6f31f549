from django.db import migrations


class Migration(migrations.Migration):
    """Until now every version had slots of its own."""

    dependencies = [("production", "0007_slots_belong_to_every_version_that_leaves_them")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE production_slot SET last_id = schedule_id
            WHERE NOT is_published
            AND schedule_id <> (SELECT id FROM production_schedule ORDER BY version DESC LIMIT 1)
            """,
            migrations.RunSQL.noop,
        )
    ]
