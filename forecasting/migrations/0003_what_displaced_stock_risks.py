"""Which stock batches a version of the plan moved to a later day, and what that risks."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0002_one_run_at_a_time'),
        ('production', '0006_scheduling_rules_are_there_to_be_changed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Displacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('was_at', models.DateTimeField(help_text='When it was to be done by the version before')),
                ('ends_at', models.DateTimeField(help_text='When it is to be done by this one')),
                ('probability_before', models.FloatField(help_text='That stock runs out before it comes, had it not been moved')),
                ('probability', models.FloatField(help_text='That stock runs out before it comes')),
                ('units_short', models.FloatField(help_text='Expected to be lacking on top of what would have been')),
                ('days_short', models.FloatField(help_text='Expected days without stock on top of what would have been')),
                ('why', models.CharField(max_length=400)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='production.batch')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='production.schedule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('schedule', 'batch'), name='one_displacement_per_version_and_batch'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('was_at'))), name='a_displaced_batch_comes_later_than_it_was_to')],
            },
        ),
    ]
