"""Shards of a run draft its items and, when all are drafted, decide on them; what each hands on is kept apart by who reads it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='forecastshard',
            name='shards_of_a_run_are_numbered',
        ),
        migrations.RemoveField(
            model_name='forecastshard',
            name='drafts',
        ),
        migrations.AddField(
            model_name='forecastshard',
            name='given',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='forecastshard',
            name='handed_on',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='forecastshard',
            name='stage',
            field=models.CharField(choices=[('draft', 'Drafting'), ('decide', 'Deciding')], default='draft', max_length=6),
        ),
        migrations.AddField(
            model_name='forecastshard',
            name='summary',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='forecastshard',
            constraint=models.UniqueConstraint(fields=('run', 'stage', 'number'), name='shards_of_a_stage_are_numbered'),
        ),
    ]
