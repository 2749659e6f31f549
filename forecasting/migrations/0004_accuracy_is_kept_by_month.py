"""How good forecasts were month by month, kept when the runs are gone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0003_what_was_merely_replaced_leaves_no_history'),
        ('inventory', '0002_history_of_lots_is_written_by_statement'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthlyAccuracy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Its first day')),
                ('first_week', models.PositiveSmallIntegerField(help_text='Weeks ahead, from: 1 is the week after the run')),
                ('last_week', models.PositiveSmallIntegerField(help_text='Weeks ahead, to')),
                ('measured_at', models.DateTimeField()),
                ('worth', models.FloatField(help_text='Of a unit, by which items are added up: its cost, else its price, else 1')),
                ('weeks', models.PositiveIntegerField(help_text='Weeks compared')),
                ('actual', models.FloatField(help_text='Demand of those weeks')),
                ('naive_off', models.FloatField()),
                ('off', models.FloatField(verbose_name='statistical forecast off by')),
                ('over', models.FloatField(verbose_name='statistical forecast over by')),
                ('override_actual', models.FloatField()),
                ('override_off', models.FloatField()),
                ('override_over', models.FloatField()),
                ('consensus_actual', models.FloatField()),
                ('consensus_off', models.FloatField()),
                ('consensus_over', models.FloatField()),
                ('final_off', models.FloatField()),
                ('final_over', models.FloatField()),
                ('touched_actual', models.FloatField()),
                ('touched_off', models.FloatField()),
                ('touched_final_off', models.FloatField()),
            ],
            options={
                'verbose_name_plural': 'accuracy by month',
            },
        ),
        migrations.AddField(
            model_name='monthlyaccuracy',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item'),
        ),
        migrations.AddField(
            model_name='monthlyaccuracy',
            name='owner',
            field=models.ForeignKey(blank=True, help_text='Only weeks in which this person gave a number; empty: all', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='monthlyaccuracy',
            index=models.Index(fields=['month', 'first_week'], name='accuracy_of_a_month'),
        ),
        migrations.AddConstraint(
            model_name='monthlyaccuracy',
            constraint=models.UniqueConstraint(fields=('item', 'month', 'first_week', 'owner'), name='one_accuracy_per_item_month_horizon_and_owner', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='monthlyaccuracy',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='a_month_is_known_by_its_first_day'),
        ),
        migrations.AddConstraint(
            model_name='monthlyaccuracy',
            constraint=models.CheckConstraint(condition=models.Q(('last_week__gte', models.F('first_week'))), name='a_months_horizon_ends_after_it_starts'),
        ),
    ]
