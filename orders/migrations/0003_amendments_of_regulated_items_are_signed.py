"""What a customer asks of a regulated item is asked otherwise only by signature, as it is delivered."""

from django.db import migrations


def state_rule(apps, schema_editor):
    rule = apps.get_model("core", "SignaturePolicy")
    rule.objects.get_or_create(
        kind="orders.amendment", meaning="approve", defaults={"demand": "regulated", "not_the_author": False}
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_batches_are_reviewed_before_release"),
        ("orders", "0002_goods_in_rework_cover_their_line"),
    ]

    operations = [
        migrations.RunPython(state_rule, migrations.RunPython.noop),
    ]
