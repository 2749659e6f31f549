import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '__first__'),
        ('inventory', '0001_first_tables'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('production', '0001_first_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='DemandHistory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('date', models.DateField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('source', models.CharField(choices=[('import', 'Import'), ('shipment', 'Shipments')], default='import', max_length=8)),
                ('is_censored', models.BooleanField(default=False, help_text='Out of stock that day: more may have been wanted')),
            ],
            options={
                'verbose_name_plural': 'demand history',
                'constraints': [models.UniqueConstraint(fields=('item', 'date', 'source'), name='one_demand_per_item_day_and_source'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='demand_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ForecastRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('status', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='running', max_length=7)),
                ('as_of', models.DateField(help_text='First day that is forecast')),
                ('horizon_days', models.PositiveIntegerField()),
                ('items_total', models.PositiveIntegerField(default=0)),
                ('items_done', models.PositiveIntegerField(default=0)),
                ('message', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ItemForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='forecasting.forecastrun')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('method', models.CharField(max_length=40)),
                ('why', models.CharField(max_length=300)),
                ('errors', models.JSONField(default=dict, help_text='Error by method in back-test: MASE, or RMSSE where demand is intermittent')),
                ('weeks', models.JSONField(default=list, help_text='The forecast by week: date of its first day, mean, quantiles by probability')),
                ('lead_time_days', models.PositiveIntegerField(help_text='Days to bridge: lead time and review')),
                ('lead_time_quantiles', models.JSONField(default=dict, help_text='Quantiles of demand over lead time and review, by probability')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'item'), name='one_method_per_run_and_item')],
            },
        ),
        migrations.CreateModel(
            name='Forecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forecasts', to='forecasting.forecastrun')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('date', models.DateField()),
                ('mean', models.FloatField()),
                ('quantiles', models.JSONField(help_text="Quantity by probability, e.g. {'0.05': 3, '0.5': 10, '0.95': 21}")),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'item', 'date'), name='one_forecast_per_run_item_and_day')],
            },
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('first_date', models.DateField()),
                ('last_date', models.DateField()),
                ('quantity', models.DecimalField(decimal_places=4, help_text='For the whole stretch', max_digits=16)),
                ('reason', models.CharField(max_length=200)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField()),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('last_date__gte', models.F('first_date'))), name='override_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='override_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='OverrideEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='forecasting.override')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('first_date', models.DateField()),
                ('last_date', models.DateField()),
                ('quantity', models.DecimalField(decimal_places=4, help_text='For the whole stretch', max_digits=16)),
                ('reason', models.CharField(max_length=200)),
                ('owner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField()),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StockPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.item')),
                ('measure', models.CharField(choices=[('fill_rate', 'Fill rate'), ('cycle', 'Cycle service')], default='fill_rate', max_length=9)),
                ('service_level', models.DecimalField(decimal_places=4, default='0.95', max_digits=5)),
                ('review_days', models.PositiveIntegerField(default=7)),
                ('cover_days', models.PositiveIntegerField(default=14, help_text='Days of demand that one replenishment covers')),
            ],
            options={
                'verbose_name_plural': 'stock policies',
                'constraints': [models.CheckConstraint(condition=models.Q(('service_level__gt', 0), ('service_level__lt', 1)), name='service_level_is_a_probability'), models.CheckConstraint(condition=models.Q(('review_days__gt', 0)), name='review_period_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='StockPolicyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='forecasting.stockpolicy')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('measure', models.CharField(choices=[('fill_rate', 'Fill rate'), ('cycle', 'Cycle service')], default='fill_rate', max_length=9)),
                ('service_level', models.DecimalField(decimal_places=4, default='0.95', max_digits=5)),
                ('review_days', models.PositiveIntegerField(default=7)),
                ('cover_days', models.PositiveIntegerField(default=14, help_text='Days of demand that one replenishment covers')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StockTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='forecasting.forecastrun')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('safety_stock', models.DecimalField(decimal_places=4, max_digits=16)),
                ('reorder_point', models.DecimalField(decimal_places=4, max_digits=16)),
                ('order_up_to', models.DecimalField(decimal_places=4, max_digits=16)),
                ('why', models.CharField(max_length=400)),
                ('explanation', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'item'), name='one_target_per_run_and_item'), models.CheckConstraint(condition=models.Q(('order_up_to__gte', models.F('reorder_point')), ('reorder_point__gte', 0), ('safety_stock__gte', 0)), name='targets_are_ordered_and_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Replenishment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replenishments', to='forecasting.forecastrun')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('start_date', models.DateField(help_text='Latest day to start making it or to order it')),
                ('due_date', models.DateField(help_text='Day it is needed')),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('firm', 'Firm'), ('dismissed', 'Dismissed'), ('superseded', 'Superseded')], default='proposed', max_length=10)),
                ('why', models.CharField(max_length=400)),
                ('pegging', models.JSONField(default=list, help_text='Which demand it serves: date, quantity, what')),
                ('stockout_date', models.DateField(blank=True, help_text='Day the stock runs out without it', null=True)),
                ('production_order', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.productionorder')),
                ('expected_receipt', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.expectedreceipt')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'proposed')), fields=['start_date'], name='replenishment_proposed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='replenishment_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('due_date__gte', models.F('start_date'))), name='replenishment_starts_before_due'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'firm'), _negated=True), ('production_order__isnull', False), ('expected_receipt__isnull', False), _connector='OR'), name='a_firm_replenishment_became_an_order')],
            },
        ),
        migrations.CreateModel(
            name='ReplenishmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='forecasting.replenishment')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='forecasting.forecastrun')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('start_date', models.DateField(help_text='Latest day to start making it or to order it')),
                ('due_date', models.DateField(help_text='Day it is needed')),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('firm', 'Firm'), ('dismissed', 'Dismissed'), ('superseded', 'Superseded')], default='proposed', max_length=10)),
                ('why', models.CharField(max_length=400)),
                ('pegging', models.JSONField(default=list, help_text='Which demand it serves: date, quantity, what')),
                ('stockout_date', models.DateField(blank=True, help_text='Day the stock runs out without it', null=True)),
                ('production_order', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.productionorder')),
                ('expected_receipt', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.expectedreceipt')),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='forecastrun',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{running:done,running:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='1d439d94d4d6f8dd622cd0fd808482f3e42eec80', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_61e46', table='forecasting_forecastrun', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='override',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "forecasting_overrideevent" ("first_date", "id", "is_active", "item_id", "last_date", "made_at", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason") VALUES (NEW."first_date", NEW."id", NEW."is_active", NEW."item_id", NEW."last_date", NEW."made_at", NEW."owner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity", NEW."reason"); RETURN NULL;', hash='306b3318f66092a1c397458aa3e363e64293437a', operation='INSERT', pgid='pgtrigger_insert_insert_b75f0', table='forecasting_override', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='override',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "forecasting_overrideevent" ("first_date", "id", "is_active", "item_id", "last_date", "made_at", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "reason") VALUES (NEW."first_date", NEW."id", NEW."is_active", NEW."item_id", NEW."last_date", NEW."made_at", NEW."owner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity", NEW."reason"); RETURN NULL;', hash='83ad3c9b88e7c771b03b2ee5d045b25633f23a32', operation='UPDATE', pgid='pgtrigger_update_update_473c3', table='forecasting_override', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{dismissed:proposed,proposed:dismissed,proposed:firm,proposed:superseded}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='ca06258fd9ef290bbf198145ab870905d1679521', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_eb744', table='forecasting_replenishment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "forecasting_replenishmentevent" ("decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "id", "item_id", "pegging", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "run_id", "start_date", "status", "stockout_date", "why") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."decision_reason", NEW."due_date", NEW."expected_receipt_id", NEW."id", NEW."item_id", NEW."pegging", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."production_order_id", NEW."quantity", NEW."run_id", NEW."start_date", NEW."status", NEW."stockout_date", NEW."why"); RETURN NULL;', hash='a0d170c5eb71d3a4979d8cb495f83952a875add1', operation='INSERT', pgid='pgtrigger_insert_insert_63ad8', table='forecasting_replenishment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "forecasting_replenishmentevent" ("decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "id", "item_id", "pegging", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "run_id", "start_date", "status", "stockout_date", "why") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."decision_reason", NEW."due_date", NEW."expected_receipt_id", NEW."id", NEW."item_id", NEW."pegging", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."production_order_id", NEW."quantity", NEW."run_id", NEW."start_date", NEW."status", NEW."stockout_date", NEW."why"); RETURN NULL;', hash='033ff11c42ac3906af9a1c6ffa033ce06a951eea', operation='UPDATE', pgid='pgtrigger_update_update_2125b', table='forecasting_replenishment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockpolicy',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "forecasting_stockpolicyevent" ("cover_days", "id", "item_id", "measure", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_days", "service_level") VALUES (NEW."cover_days", NEW."id", NEW."item_id", NEW."measure", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."review_days", NEW."service_level"); RETURN NULL;', hash='e184d019fb2e4ac91c28d2aaadb96bc54678f6b9', operation='INSERT', pgid='pgtrigger_insert_insert_38a9a', table='forecasting_stockpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockpolicy',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "forecasting_stockpolicyevent" ("cover_days", "id", "item_id", "measure", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_days", "service_level") VALUES (NEW."cover_days", NEW."id", NEW."item_id", NEW."measure", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."review_days", NEW."service_level"); RETURN NULL;', hash='ffd410a98e2801e7691a50d37828a4fcc3550167', operation='UPDATE', pgid='pgtrigger_update_update_20a10', table='forecasting_stockpolicy', when='AFTER')),
        ),
    ]
