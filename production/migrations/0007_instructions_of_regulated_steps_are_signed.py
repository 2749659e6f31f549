"""What a step of a regulated item is worked to is approved by signature and not by its author, as it is delivered."""

from django.db import migrations


def state_rule(apps, schema_editor):
    rule = apps.get_model("core", "SignaturePolicy")
    rule.objects.get_or_create(
        kind="production.instructionversion",
        meaning="approve",
        defaults={"demand": "regulated", "not_the_author": True},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_batches_are_reviewed_before_release"),
        ("production", "0006_plan_versions_are_called_so"),
    ]

    operations = [
        migrations.RunPython(state_rule, migrations.RunPython.noop),
    ]
