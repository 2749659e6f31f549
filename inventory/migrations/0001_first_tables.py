import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '__first__'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('time_zone', models.CharField(default='UTC', help_text='IANA name, e.g. Europe/Berlin', max_length=50)),
            ],
        ),
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('is_approved', models.BooleanField(default=True, help_text='On the approved supplier list')),
            ],
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=50)),
                ('revision', models.CharField(blank=True, default='', max_length=10)),
                ('description', models.CharField(max_length=200)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.site')),
                ('uom', models.CharField(default='C62', help_text='UN/ECE Rec 20 code: C62 piece, KGM, LTR, MTR', max_length=3, verbose_name='unit')),
                ('kind', models.CharField(choices=[('finished', 'Finished product'), ('intermediate', 'Intermediate'), ('component', 'Bought component'), ('raw', 'Raw material'), ('packaging', 'Packaging')], default='finished', max_length=12)),
                ('strategy', models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', max_length=3)),
                ('supply', models.CharField(choices=[('make', 'Made here'), ('buy', 'Bought')], default='make', max_length=4)),
                ('tracking', models.CharField(choices=[('lot', 'By lot'), ('serial', 'By serial number')], default='lot', max_length=6)),
                ('family', models.CharField(blank=True, max_length=50)),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.supplier')),
                ('shelf_life_days', models.PositiveIntegerField(blank=True, null=True)),
                ('storage_volume_m3', models.DecimalField(decimal_places=6, default=0, help_text='Cubic metres that one unit takes', max_digits=12, verbose_name='storage volume')),
                ('unit_cost', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(default=7, help_text='Days to buy it, or to make it when unscheduled')),
                ('order_minimum', models.DecimalField(decimal_places=4, default=0, help_text='Smallest lot to make or buy', max_digits=16)),
                ('order_multiple', models.DecimalField(decimal_places=4, default=0, help_text='Make or buy in multiples of', max_digits=16)),
                ('allergens', models.CharField(blank=True, help_text='Declared allergens, comma-separated', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(fields=['family'], name='item_by_family')],
                'constraints': [models.UniqueConstraint(fields=('number', 'revision'), name='one_item_per_number_and_revision'), models.CheckConstraint(condition=models.Q(('storage_volume_m3__gte', 0), ('unit_cost__gte', 0), ('unit_price__gte', 0)), name='item_volume_cost_and_price_are_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=50)),
                ('revision', models.CharField(blank=True, default='', max_length=10)),
                ('description', models.CharField(max_length=200)),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.site')),
                ('uom', models.CharField(default='C62', help_text='UN/ECE Rec 20 code: C62 piece, KGM, LTR, MTR', max_length=3, verbose_name='unit')),
                ('kind', models.CharField(choices=[('finished', 'Finished product'), ('intermediate', 'Intermediate'), ('component', 'Bought component'), ('raw', 'Raw material'), ('packaging', 'Packaging')], default='finished', max_length=12)),
                ('strategy', models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', max_length=3)),
                ('supply', models.CharField(choices=[('make', 'Made here'), ('buy', 'Bought')], default='make', max_length=4)),
                ('tracking', models.CharField(choices=[('lot', 'By lot'), ('serial', 'By serial number')], default='lot', max_length=6)),
                ('family', models.CharField(blank=True, max_length=50)),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
                ('shelf_life_days', models.PositiveIntegerField(blank=True, null=True)),
                ('storage_volume_m3', models.DecimalField(decimal_places=6, default=0, help_text='Cubic metres that one unit takes', max_digits=12, verbose_name='storage volume')),
                ('unit_cost', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(default=7, help_text='Days to buy it, or to make it when unscheduled')),
                ('order_minimum', models.DecimalField(decimal_places=4, default=0, help_text='Smallest lot to make or buy', max_digits=16)),
                ('order_multiple', models.DecimalField(decimal_places=4, default=0, help_text='Make or buy in multiples of', max_digits=16)),
                ('allergens', models.CharField(blank=True, help_text='Declared allergens, comma-separated', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locations', to='inventory.site')),
                ('code', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('receiving', 'Receiving'), ('quarantine', 'Quarantine'), ('storage', 'Storage'), ('wip', 'Work in process'), ('finished', 'Finished goods'), ('supplier', 'Supplier'), ('customer', 'Customer'), ('production', 'Production'), ('scrap', 'Scrap'), ('adjustment', 'Adjustment')], max_length=10)),
                ('capacity_m3', models.DecimalField(blank=True, decimal_places=3, help_text='Cubic metres; empty = not limited', max_digits=12, null=True, verbose_name='capacity')),
                ('is_real', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=['supplier', 'customer', 'production', 'scrap', 'adjustment'], then=False), default=True, output_field=models.BooleanField()), output_field=models.BooleanField())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'code'), name='one_location_per_site_and_code'), models.UniqueConstraint(condition=models.Q(('kind__in', ['supplier', 'customer', 'production', 'scrap', 'adjustment'])), fields=('site', 'kind'), name='one_boundary_of_each_kind_per_site'), models.CheckConstraint(condition=models.Q(('capacity_m3__isnull', True), ('capacity_m3__gt', 0), _connector='OR'), name='location_capacity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.item')),
                ('number', models.CharField(max_length=60)),
                ('status', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', max_length=10, verbose_name='disposition')),
                ('hold_reason', models.CharField(blank=True, max_length=300)),
                ('attributes', models.JSONField(blank=True, default=dict, help_text='Heat, certificate, melt source, …')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.supplier')),
                ('supplier_lot', models.CharField(blank=True, max_length=60)),
                ('made_at', models.DateTimeField(help_text='Made or received')),
                ('expires_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['number'], name='lot_by_number'), models.Index(condition=models.Q(('supplier_lot', ''), _negated=True), fields=['supplier_lot'], name='lot_by_supplier_lot')],
                'constraints': [models.UniqueConstraint(fields=('item', 'number'), name='one_lot_per_item_and_number')],
            },
        ),
        migrations.CreateModel(
            name='LotEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.lot')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('number', models.CharField(max_length=60)),
                ('status', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', max_length=10, verbose_name='disposition')),
                ('hold_reason', models.CharField(blank=True, max_length=300)),
                ('attributes', models.JSONField(blank=True, default=dict, help_text='Heat, certificate, melt source, …')),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
                ('supplier_lot', models.CharField(blank=True, max_length=60)),
                ('made_at', models.DateTimeField(help_text='Made or received')),
                ('expires_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Transformation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('production', 'Production'), ('serialisation', 'Serialisation'), ('split', 'Split'), ('merge', 'Merge'), ('rework', 'Rework')], max_length=14)),
                ('reference', models.CharField(blank=True, help_text='Number of the batch or document', max_length=60)),
                ('started_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='inventory.lot')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_out', to='inventory.location')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_in', to='inventory.location')),
                ('kind', models.CharField(choices=[('receipt', 'Receipt'), ('issue', 'Issue to production'), ('output', 'Output of production'), ('transfer', 'Transfer'), ('shipment', 'Shipment'), ('return', 'Return'), ('scrap', 'Scrap'), ('adjustment', 'Adjustment')], max_length=10)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transformation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='inventory.transformation')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='inventory.move')),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['lot', 'at'], name='move_by_lot'), models.Index(fields=['transformation', 'kind', 'lot'], name='move_by_transformation'), models.Index(fields=['at'], name='move_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='move_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('source', models.F('destination')), _negated=True), name='move_has_two_different_ends')],
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.lot')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.location')),
                ('is_real', models.BooleanField(help_text='Copied from the location, so that the row can promise for itself')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=18)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_real', True), ('quantity__gt', 0)), fields=['location'], name='balance_in_stock')],
                'constraints': [models.UniqueConstraint(fields=('lot', 'location'), name='one_balance_per_lot_and_location'), models.CheckConstraint(condition=models.Q(('is_real', False), ('quantity__gte', 0), _connector='OR'), name='no_negative_balance_in_a_real_location')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='inventory.lot')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('purpose', models.CharField(help_text='Number of the order or batch it is kept for', max_length=100)),
                ('status', models.CharField(choices=[('open', 'Open'), ('used', 'Used'), ('released', 'Released')], default='open', max_length=8)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['lot'], name='open_reservation_by_lot'), models.Index(fields=['purpose'], name='reservation_by_purpose')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='reservation_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='ReservationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.reservation')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('purpose', models.CharField(help_text='Number of the order or batch it is kept for', max_length=100)),
                ('status', models.CharField(choices=[('open', 'Open'), ('used', 'Used'), ('released', 'Released')], default='open', max_length=8)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ExpectedReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='expected_receipts', to='inventory.item')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='expected_receipts', to='inventory.supplier')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('received_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('due_date', models.DateField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('received', 'Received'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['item', 'due_date'], name='open_receipt_by_item')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='expected_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('received_quantity__gte', 0)), name='received_quantity_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ExpectedReceiptEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.expectedreceipt')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=30)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('received_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('due_date', models.DateField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('received', 'Received'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StockCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.lot')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.location')),
                ('expected', models.DecimalField(decimal_places=4, max_digits=16)),
                ('counted', models.DecimalField(decimal_places=4, max_digits=16)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('adjustment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stock_count', to='inventory.move')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('counted__gte', 0)), name='counted_quantity_is_not_negative'), models.CheckConstraint(condition=models.Q(('adjustment__isnull', False), ('counted', models.F('expected')), _connector='OR'), name='a_difference_is_adjusted')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reservation',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:released,open:used}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='06fcc58321392a8fac924f774aeb4c8982e8b0c8', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_47e6b', table='inventory_reservation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reservation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_reservationevent" ("id", "lot_id", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "quantity", "status") VALUES (NEW."id", NEW."lot_id", NEW."made_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose", NEW."quantity", NEW."status"); RETURN NULL;', hash='dcc5712fc1ce98ef8b54a80955fb1cc998a68c57', operation='INSERT', pgid='pgtrigger_insert_insert_97bfb', table='inventory_reservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reservation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_reservationevent" ("id", "lot_id", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "quantity", "status") VALUES (NEW."id", NEW."lot_id", NEW."made_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose", NEW."quantity", NEW."status"); RETURN NULL;', hash='982ba435edb825bb3a656cf456934e09f6fd747b', operation='UPDATE', pgid='pgtrigger_update_update_188c4', table='inventory_reservation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockcount',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b80e6cdd6712011d02b28cf5d0f8760b701205d4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_af3dc', table='inventory_stockcount', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{held:in_process,held:quarantine,held:rejected,held:released,in_process:held,in_process:quarantine,in_process:rejected,in_process:released,quarantine:held,quarantine:rejected,quarantine:released,rejected:held,released:held,released:quarantine}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='132fbdf0234eef7fa6448ea97be877a1443dc65a', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_bc56c', table='inventory_lot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_lotevent" ("attributes", "expires_on", "hold_reason", "id", "item_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "supplier_lot") VALUES (NEW."attributes", NEW."expires_on", NEW."hold_reason", NEW."id", NEW."item_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status", NEW."supplier_id", NEW."supplier_lot"); RETURN NULL;', hash='26b68e4205fbbb1c91b2ad5eea865386031b2bb1', operation='INSERT', pgid='pgtrigger_insert_insert_4602c', table='inventory_lot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lot',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_lotevent" ("attributes", "expires_on", "hold_reason", "id", "item_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "supplier_lot") VALUES (NEW."attributes", NEW."expires_on", NEW."hold_reason", NEW."id", NEW."item_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status", NEW."supplier_id", NEW."supplier_lot"); RETURN NULL;', hash='eede36f9a53830c171d56cc565e30b030d04fe3a', operation='UPDATE', pgid='pgtrigger_update_update_68e09', table='inventory_lot', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_itemevent" ("allergens", "description", "family", "id", "is_active", "kind", "lead_time_days", "number", "order_minimum", "order_multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "shelf_life_days", "site_id", "storage_volume_m3", "strategy", "supplier_id", "supply", "tracking", "unit_cost", "unit_price", "uom") VALUES (NEW."allergens", NEW."description", NEW."family", NEW."id", NEW."is_active", NEW."kind", NEW."lead_time_days", NEW."number", NEW."order_minimum", NEW."order_multiple", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revision", NEW."shelf_life_days", NEW."site_id", NEW."storage_volume_m3", NEW."strategy", NEW."supplier_id", NEW."supply", NEW."tracking", NEW."unit_cost", NEW."unit_price", NEW."uom"); RETURN NULL;', hash='e50fdb3e2d08f274c0c5485731659a6e422991d0', operation='INSERT', pgid='pgtrigger_insert_insert_19813', table='inventory_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_itemevent" ("allergens", "description", "family", "id", "is_active", "kind", "lead_time_days", "number", "order_minimum", "order_multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "shelf_life_days", "site_id", "storage_volume_m3", "strategy", "supplier_id", "supply", "tracking", "unit_cost", "unit_price", "uom") VALUES (NEW."allergens", NEW."description", NEW."family", NEW."id", NEW."is_active", NEW."kind", NEW."lead_time_days", NEW."number", NEW."order_minimum", NEW."order_multiple", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revision", NEW."shelf_life_days", NEW."site_id", NEW."storage_volume_m3", NEW."strategy", NEW."supplier_id", NEW."supply", NEW."tracking", NEW."unit_cost", NEW."unit_price", NEW."uom"); RETURN NULL;', hash='ec12dbe1b3dc1167cd73830029916d76e97513ea', operation='UPDATE', pgid='pgtrigger_update_update_96c2b', table='inventory_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='expectedreceipt',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:cancelled,open:received,received:open}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='8b914e51d62549fc151183198f611f800c3d3e26', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_d9c1c', table='inventory_expectedreceipt', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='expectedreceipt',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_expectedreceiptevent" ("due_date", "id", "item_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received_quantity", "status", "supplier_id") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity", NEW."received_quantity", NEW."status", NEW."supplier_id"); RETURN NULL;', hash='0777af0f1eb03feca744f23bc73624f536d31e81', operation='INSERT', pgid='pgtrigger_insert_insert_2e9c0', table='inventory_expectedreceipt', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='expectedreceipt',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_expectedreceiptevent" ("due_date", "id", "item_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received_quantity", "status", "supplier_id") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity", NEW."received_quantity", NEW."status", NEW."supplier_id"); RETURN NULL;', hash='421137b3aa4d4d826c1e85caf682d49c515cccea', operation='UPDATE', pgid='pgtrigger_update_update_dadce', table='inventory_expectedreceipt', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transformation',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c814c64e53988d824ec09c7c411b5c92a8ab7b05', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5d388', table='inventory_transformation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6855210c02da1075ffbd36874446f1c97c09299c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8d80e', table='inventory_move', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='keeps_balances', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE end_location RECORD;', func='\n                    FOR end_location IN\n                        SELECT id, is_real, CASE WHEN id = NEW.source_id THEN -NEW.quantity ELSE NEW.quantity END AS change\n                        FROM inventory_location WHERE id IN (NEW.source_id, NEW.destination_id) ORDER BY id\n                    LOOP\n                        UPDATE inventory_balance SET quantity = quantity + end_location.change\n                        WHERE lot_id = NEW.lot_id AND location_id = end_location.id;\n                        IF NOT FOUND THEN\n                            INSERT INTO inventory_balance (lot_id, location_id, is_real, quantity)\n                            VALUES (NEW.lot_id, end_location.id, end_location.is_real, end_location.change)\n                            ON CONFLICT (lot_id, location_id)\n                            DO UPDATE SET quantity = inventory_balance.quantity + EXCLUDED.quantity;\n                        END IF;\n                    END LOOP;\n                    RETURN NULL;\n                ', hash='4cdc035e79e660c4929e0e6e58aefb8c5aa777c1', operation='INSERT', pgid='pgtrigger_keeps_balances_e62f4', table='inventory_move', when='AFTER')),
        ),
    ]
