"""Weights of priorities that stand on their heads are raised to those of less urgent orders; then they may not any more."""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Greatest


def raise_weights(apps, schema_editor):
    rules = apps.get_model("production", "SchedulingRules").objects
    rules.update(normal_weight=Greatest(F("normal_weight"), F("fill_in_weight")))
    rules.update(rush_weight=Greatest(F("rush_weight"), F("normal_weight")))


class Migration(migrations.Migration):
    dependencies = [
        ("production", "0012_a_step_hands_on_before_its_batch_is_done"),
    ]

    operations = [
        migrations.RunPython(raise_weights, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="schedulingrules",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("normal_weight__gte", models.F("fill_in_weight")),
                    ("rush_weight__gte", models.F("normal_weight")),
                ),
                name="what_is_more_urgent_weighs_no_less",
            ),
        ),
    ]
