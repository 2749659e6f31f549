"""Shards of a third stage net what was decided on; an item that fails by itself is left out of its shard and named there."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0004_accuracy_is_kept_by_month'),
    ]

    operations = [
        migrations.AddField(
            model_name='forecastshard',
            name='left_out',
            field=models.JSONField(blank=True, default=dict, help_text='Items that failed by themselves, by key, and why'),
        ),
        migrations.AlterField(
            model_name='forecastshard',
            name='stage',
            field=models.CharField(choices=[('draft', 'Drafting'), ('decide', 'Deciding'), ('net', 'Netting')], default='draft', max_length=6),
        ),
    ]
