"""Every table of inventory."""

import django.db.models.deletion
import inventory.gs1
import mes.core.migrating
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # Databases that had all of these carried out have this behind them.
    replaces = [
        ('inventory', '0001_first_tables'),
        ('inventory', '0002_own_permissions_to_judge_and_correct'),
        ('inventory', '0003_reservations_may_run_out'),
        ('inventory', '0004_genealogy_is_complete_by_construction'),
        ('inventory', '0005_serial_numbers_are_known_as_such'),
        ('inventory', '0006_sites_have_an_address'),
        ('inventory', '0007_items_may_be_regulated'),
        ('inventory', '0008_items_say_whether_they_need_a_first_article'),
        ('inventory', '0009_history_is_append_only'),
        ('inventory', '0010_purchases_note_when_they_were_ordered'),
        ('inventory', '0011_items_are_counted_in_other_units_too'),
    ]

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('time_zone', models.CharField(default='UTC', help_text='IANA name, e.g. Europe/Berlin', max_length=50)),
                ('gln', models.CharField(blank=True, help_text='GS1 location number', max_length=13, validators=[inventory.gs1.validate_gln], verbose_name='GLN')),
                ('address', models.TextField(blank=True, help_text='As it stands on papers, one line below the other')),
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
                ('gln', models.CharField(blank=True, help_text='GS1 location number', max_length=13, validators=[inventory.gs1.validate_gln], verbose_name='GLN')),
            ],
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=50)),
                ('revision', models.CharField(blank=True, default='', max_length=10)),
                ('description', models.CharField(max_length=200)),
                ('uom', models.CharField(default='C62', help_text='UN/ECE Rec 20 code: C62 piece, KGM, LTR, MTR', max_length=3, verbose_name='unit')),
                ('kind', models.CharField(choices=[('finished', 'Finished product'), ('intermediate', 'Intermediate'), ('component', 'Bought component'), ('raw', 'Raw material'), ('packaging', 'Packaging')], default='finished', max_length=12)),
                ('strategy', models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', max_length=3)),
                ('supply', models.CharField(choices=[('make', 'Made here'), ('buy', 'Bought')], default='make', max_length=4)),
                ('tracking', models.CharField(choices=[('lot', 'By lot'), ('serial', 'By serial number')], default='lot', max_length=6)),
                ('family', models.CharField(blank=True, max_length=50)),
                ('shelf_life_days', models.PositiveIntegerField(blank=True, null=True)),
                ('storage_volume_m3', models.DecimalField(decimal_places=6, default=0, help_text='Cubic metres that one unit takes', max_digits=12, verbose_name='storage volume')),
                ('unit_cost', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(default=7, help_text='Days to buy it, or to make it when unscheduled')),
                ('order_minimum', models.DecimalField(decimal_places=4, default=0, help_text='Smallest lot to make or buy', max_digits=16)),
                ('order_multiple', models.DecimalField(decimal_places=4, default=0, help_text='Make or buy in multiples of', max_digits=16)),
                ('allergens', models.CharField(blank=True, help_text='Declared allergens, comma-separated', max_length=200)),
                ('gtin', models.CharField(blank=True, help_text='GS1 item number', max_length=14, validators=[inventory.gs1.validate_gtin], verbose_name='GTIN')),
                ('needs_first_article', models.BooleanField(default=False, help_text='Its first article is inspected (AS9102), and again after a change or two years without production')),
                ('is_active', models.BooleanField(default=True)),
                ('is_regulated', models.BooleanField(default=False, help_text='Made under rules that ask for signatures, such as GMP or an aerospace contract: plans, releases and dispositions of it are signed as the signature rules say', verbose_name='regulated')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.site')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.supplier')),
            ],
            options={
                'indexes': [models.Index(fields=['family'], name='item_by_family')],
                'constraints': [models.UniqueConstraint(fields=('number', 'revision'), name='one_item_per_number_and_revision'), models.CheckConstraint(condition=models.Q(('storage_volume_m3__gte', 0), ('unit_cost__gte', 0), ('unit_price__gte', 0)), name='item_volume_cost_and_price_are_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('receiving', 'Receiving'), ('quarantine', 'Quarantine'), ('storage', 'Storage'), ('wip', 'Work in process'), ('finished', 'Finished goods'), ('supplier', 'Supplier'), ('customer', 'Customer'), ('production', 'Production'), ('scrap', 'Scrap'), ('adjustment', 'Adjustment')], max_length=10)),
                ('capacity_m3', models.DecimalField(blank=True, decimal_places=3, help_text='Cubic metres; empty = not limited', max_digits=12, null=True, verbose_name='capacity')),
                ('is_real', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=['supplier', 'customer', 'production', 'scrap', 'adjustment'], then=False), default=True, output_field=models.BooleanField()), output_field=models.BooleanField())),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locations', to='inventory.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'code'), name='one_location_per_site_and_code'), models.UniqueConstraint(condition=models.Q(('kind__in', ['supplier', 'customer', 'production', 'scrap', 'adjustment'])), fields=('site', 'kind'), name='one_boundary_of_each_kind_per_site'), models.CheckConstraint(condition=models.Q(('capacity_m3__isnull', True), ('capacity_m3__gt', 0), _connector='OR'), name='location_capacity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='ExpectedReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('received_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('due_date', models.DateField()),
                ('ordered_at', models.DateTimeField(blank=True, help_text='From when on its lead time counts; empty = nobody noted it', null=True)),
                ('status', models.CharField(choices=[('open', 'Open'), ('received', 'Received'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='expected_receipts', to='inventory.item')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='expected_receipts', to='inventory.supplier')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['item', 'due_date'], name='open_receipt_by_item')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='expected_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('received_quantity__gte', 0)), name='received_quantity_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=60)),
                ('status', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', max_length=10, verbose_name='disposition')),
                ('hold_reason', models.CharField(blank=True, max_length=300)),
                ('attributes', models.JSONField(blank=True, default=dict, help_text='Heat, certificate, melt source, …')),
                ('supplier_lot', models.CharField(blank=True, max_length=60)),
                ('made_at', models.DateTimeField(help_text='Made or received')),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('is_serial', models.BooleanField(default=False, editable=False, help_text='A serial number: one piece, never more')),
                ('is_recalled', models.BooleanField(default=False, editable=False, help_text='An open recall holds it: nobody else can let it go')),
                ('traceability_code', models.CharField(blank=True, editable=False, help_text='Code it is known by to others where that is not its own number, such as that of the lot it was split from', max_length=60)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.item')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.supplier')),
            ],
            options={
                'permissions': [('judge_lot', 'Can release, hold, quarantine and reject lots')],
                'abstract': False,
                'indexes': [models.Index(fields=['number'], name='lot_by_number'), models.Index(condition=models.Q(('supplier_lot', ''), _negated=True), fields=['supplier_lot'], name='lot_by_supplier_lot')],
                'constraints': [models.UniqueConstraint(fields=('item', 'number'), name='one_lot_per_item_and_number'), models.CheckConstraint(condition=models.Q(('is_recalled', False), ('status__in', ['held', 'rejected']), _connector='OR'), name='a_recalled_lot_is_held_or_rejected')],
            },
        ),
        migrations.CreateModel(
            name='ItemEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=50)),
                ('revision', models.CharField(blank=True, default='', max_length=10)),
                ('description', models.CharField(max_length=200)),
                ('uom', models.CharField(default='C62', help_text='UN/ECE Rec 20 code: C62 piece, KGM, LTR, MTR', max_length=3, verbose_name='unit')),
                ('kind', models.CharField(choices=[('finished', 'Finished product'), ('intermediate', 'Intermediate'), ('component', 'Bought component'), ('raw', 'Raw material'), ('packaging', 'Packaging')], default='finished', max_length=12)),
                ('strategy', models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', max_length=3)),
                ('supply', models.CharField(choices=[('make', 'Made here'), ('buy', 'Bought')], default='make', max_length=4)),
                ('tracking', models.CharField(choices=[('lot', 'By lot'), ('serial', 'By serial number')], default='lot', max_length=6)),
                ('family', models.CharField(blank=True, max_length=50)),
                ('shelf_life_days', models.PositiveIntegerField(blank=True, null=True)),
                ('storage_volume_m3', models.DecimalField(decimal_places=6, default=0, help_text='Cubic metres that one unit takes', max_digits=12, verbose_name='storage volume')),
                ('unit_cost', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('lead_time_days', models.PositiveIntegerField(default=7, help_text='Days to buy it, or to make it when unscheduled')),
                ('order_minimum', models.DecimalField(decimal_places=4, default=0, help_text='Smallest lot to make or buy', max_digits=16)),
                ('order_multiple', models.DecimalField(decimal_places=4, default=0, help_text='Make or buy in multiples of', max_digits=16)),
                ('allergens', models.CharField(blank=True, help_text='Declared allergens, comma-separated', max_length=200)),
                ('gtin', models.CharField(blank=True, help_text='GS1 item number', max_length=14, validators=[inventory.gs1.validate_gtin], verbose_name='GTIN')),
                ('needs_first_article', models.BooleanField(default=False, help_text='Its first article is inspected (AS9102), and again after a change or two years without production')),
                ('is_active', models.BooleanField(default=True)),
                ('is_regulated', models.BooleanField(default=False, help_text='Made under rules that ask for signatures, such as GMP or an aerospace contract: plans, releases and dispositions of it are signed as the signature rules say', verbose_name='regulated')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.item')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.site')),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ItemUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uom', models.CharField(help_text='UN/ECE Rec 20 or 21 code: XBX box, XPK pack, PF pallet', max_length=3, verbose_name='unit')),
                ('quantity', models.DecimalField(decimal_places=6, help_text="How many of the item's own unit one of it is", max_digits=16)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='other_units', to='inventory.item')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('item', 'uom'), name='one_conversion_per_item_and_unit'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_unit_holds_more_than_nothing')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('purpose', models.CharField(help_text='Number of the order or batch it is kept for', max_length=100)),
                ('status', models.CharField(choices=[('open', 'Open'), ('used', 'Used'), ('released', 'Released')], default='open', max_length=8)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, help_text='It binds nobody from then on; empty = until it is used or given up', null=True)),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='inventory.lot')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['lot'], name='open_reservation_by_lot'), models.Index(fields=['purpose'], name='reservation_by_purpose'), models.Index(condition=models.Q(('expires_at__isnull', False), ('status', 'open')), fields=['expires_at'], name='passing_reservation')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='reservation_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='LotEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=60)),
                ('status', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', max_length=10, verbose_name='disposition')),
                ('hold_reason', models.CharField(blank=True, max_length=300)),
                ('attributes', models.JSONField(blank=True, default=dict, help_text='Heat, certificate, melt source, …')),
                ('supplier_lot', models.CharField(blank=True, max_length=60)),
                ('made_at', models.DateTimeField(help_text='Made or received')),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('is_serial', models.BooleanField(default=False, editable=False, help_text='A serial number: one piece, never more')),
                ('is_recalled', models.BooleanField(default=False, editable=False, help_text='An open recall holds it: nobody else can let it go')),
                ('traceability_code', models.CharField(blank=True, editable=False, help_text='Code it is known by to others where that is not its own number, such as that of the lot it was split from', max_length=60)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.lot')),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ExpectedReceiptEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=30)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('received_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('due_date', models.DateField()),
                ('ordered_at', models.DateTimeField(blank=True, help_text='From when on its lead time counts; empty = nobody noted it', null=True)),
                ('status', models.CharField(choices=[('open', 'Open'), ('received', 'Received'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.expectedreceipt')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('supplier', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.supplier')),
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
                ('lot', models.ForeignKey(blank=True, help_text='What it makes, where that is known before it comes out', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='makings', to='inventory.lot')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_real', models.BooleanField(help_text='Copied from the location, so that the row can promise for itself')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.location')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='inventory.lot')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_real', True), ('quantity__gt', 0)), fields=['location'], name='balance_in_stock')],
                'constraints': [models.UniqueConstraint(fields=('lot', 'location'), name='one_balance_per_lot_and_location'), models.CheckConstraint(condition=models.Q(('is_real', False), ('quantity__gte', 0), _connector='OR'), name='no_negative_balance_in_a_real_location')],
            },
        ),
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('kind', models.CharField(choices=[('receipt', 'Receipt'), ('issue', 'Issue to production'), ('output', 'Output of production'), ('transfer', 'Transfer'), ('shipment', 'Shipment'), ('return', 'Return'), ('scrap', 'Scrap'), ('adjustment', 'Adjustment')], max_length=10)),
                ('at', models.DateTimeField()),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_in', to='inventory.location')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='inventory.lot')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='inventory.move')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves_out', to='inventory.location')),
                ('transformation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='inventory.transformation')),
            ],
            options={
                'permissions': [('reverse_move', 'Can reverse moves'), ('adjust_stock', 'Can bring the books to what is there')],
                'abstract': False,
                'indexes': [models.Index(fields=['lot', 'at'], name='move_by_lot'), models.Index(fields=['transformation', 'kind', 'lot'], name='move_by_transformation'), models.Index(fields=['at'], name='move_by_time'), models.Index(condition=models.Q(('transformation__isnull', False)), fields=['lot', 'kind', 'transformation'], name='genealogy_of_lot')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='move_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('source', models.F('destination')), _negated=True), name='move_has_two_different_ends'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['issue', 'output']), _negated=True), ('transformation__isnull', False), _connector='OR'), name='what_is_used_or_made_belongs_to_a_transformation')],
            },
        ),
        migrations.CreateModel(
            name='ReservationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('purpose', models.CharField(help_text='Number of the order or batch it is kept for', max_length=100)),
                ('status', models.CharField(choices=[('open', 'Open'), ('used', 'Used'), ('released', 'Released')], default='open', max_length=8)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, help_text='It binds nobody from then on; empty = until it is used or given up', null=True)),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='inventory.reservation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StockCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.DecimalField(decimal_places=4, max_digits=16)),
                ('counted', models.DecimalField(decimal_places=4, max_digits=16)),
                ('at', models.DateTimeField()),
                ('adjustment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stock_count', to='inventory.move')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.location')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='inventory.lot')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('counted__gte', 0)), name='counted_quantity_is_not_negative'), models.CheckConstraint(condition=models.Q(('adjustment__isnull', False), ('counted', models.F('expected')), _connector='OR'), name='a_difference_is_adjusted')],
            },
        ),
        mes.core.migrating.AddTriggers(
            triggers=[('reservation', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:released,open:used}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='06fcc58321392a8fac924f774aeb4c8982e8b0c8', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_47e6b', table='inventory_reservation', when='BEFORE'))), ('reservation', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_reservationevent" ("expires_at", "id", "lot_id", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "quantity", "status") VALUES (NEW."expires_at", NEW."id", NEW."lot_id", NEW."made_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose", NEW."quantity", NEW."status"); RETURN NULL;', hash='0a34f2219c7084521080b3b8ca35dc45d00a8630', operation='INSERT', pgid='pgtrigger_insert_insert_97bfb', table='inventory_reservation', when='AFTER'))), ('reservation', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_reservationevent" ("expires_at", "id", "lot_id", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "quantity", "status") VALUES (NEW."expires_at", NEW."id", NEW."lot_id", NEW."made_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose", NEW."quantity", NEW."status"); RETURN NULL;', hash='81db45d5d9e72f61c99e06704aa4a434fcc165d4', operation='UPDATE', pgid='pgtrigger_update_update_188c4', table='inventory_reservation', when='AFTER'))), ('reservation', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_reservationevent" ("expires_at", "id", "lot_id", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "quantity", "status") VALUES (OLD."expires_at", OLD."id", OLD."lot_id", OLD."made_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."purpose", OLD."quantity", OLD."status"); RETURN NULL;', hash='9cce3795b81a41615c9cdd78853bf18514a77354', operation='DELETE', pgid='pgtrigger_delete_delete_1f927', table='inventory_reservation', when='AFTER'))), ('reservationevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9c6319cfb7a1ed6f078b8af58163b581c17f608e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d47e0', table='inventory_reservationevent', when='BEFORE'))), ('stockcount', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b80e6cdd6712011d02b28cf5d0f8760b701205d4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_af3dc', table='inventory_stockcount', when='BEFORE'))), ('lotevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4893cbddc9bdc0a7186bf32762809e04f40f124b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7e074', table='inventory_lotevent', when='BEFORE'))), ('lot', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{held:in_process,held:quarantine,held:rejected,held:released,in_process:held,in_process:quarantine,in_process:rejected,in_process:released,quarantine:held,quarantine:rejected,quarantine:released,rejected:held,released:held,released:quarantine}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='132fbdf0234eef7fa6448ea97be877a1443dc65a', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_bc56c', table='inventory_lot', when='BEFORE'))), ('lot', pgtrigger.compiler.Trigger(name='comes_from_somewhere', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n                    IF NEW.status <> 'in_process'\n                    AND EXISTS (SELECT FROM inventory_lot WHERE id = NEW.id)\n                    AND NOT EXISTS (SELECT FROM inventory_move WHERE lot_id = NEW.id) THEN\n                        RAISE EXCEPTION 'lot % of item % was neither received nor made', NEW.number, NEW.item_id;\n                    END IF;\n                    RETURN NULL;\n                ", hash='dd5a6ec71e1303cea55772fcd34aeed577344187', operation='INSERT', pgid='pgtrigger_comes_from_somewhere_08dc7', table='inventory_lot', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER'))), ('lot', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_lotevent" ("attributes", "expires_on", "hold_reason", "id", "is_recalled", "is_serial", "item_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "supplier_lot", "traceability_code") VALUES (NEW."attributes", NEW."expires_on", NEW."hold_reason", NEW."id", NEW."is_recalled", NEW."is_serial", NEW."item_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status", NEW."supplier_id", NEW."supplier_lot", NEW."traceability_code"); RETURN NULL;', hash='f814a6a3fac7ab3f86ec4b70fbc6f071b74f2b23', operation='INSERT', pgid='pgtrigger_insert_insert_4602c', table='inventory_lot', when='AFTER'))), ('lot', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_lotevent" ("attributes", "expires_on", "hold_reason", "id", "is_recalled", "is_serial", "item_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "supplier_lot", "traceability_code") VALUES (NEW."attributes", NEW."expires_on", NEW."hold_reason", NEW."id", NEW."is_recalled", NEW."is_serial", NEW."item_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status", NEW."supplier_id", NEW."supplier_lot", NEW."traceability_code"); RETURN NULL;', hash='0befa594757c4d30ae96bf7d81dcd949b806cb65', operation='UPDATE', pgid='pgtrigger_update_update_68e09', table='inventory_lot', when='AFTER'))), ('lot', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_lotevent" ("attributes", "expires_on", "hold_reason", "id", "is_recalled", "is_serial", "item_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "supplier_id", "supplier_lot", "traceability_code") VALUES (OLD."attributes", OLD."expires_on", OLD."hold_reason", OLD."id", OLD."is_recalled", OLD."is_serial", OLD."item_id", OLD."made_at", OLD."number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."status", OLD."supplier_id", OLD."supplier_lot", OLD."traceability_code"); RETURN NULL;', hash='dd32f38f6f1facd15dc579562e4d2c6977b6318b', operation='DELETE', pgid='pgtrigger_delete_delete_0fc3d', table='inventory_lot', when='AFTER'))), ('itemevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a7def02e9b994869c670b8338f59aca1a373ce1e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e4f04', table='inventory_itemevent', when='BEFORE'))), ('item', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_itemevent" ("allergens", "description", "family", "gtin", "id", "is_active", "is_regulated", "kind", "lead_time_days", "needs_first_article", "number", "order_minimum", "order_multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "shelf_life_days", "site_id", "storage_volume_m3", "strategy", "supplier_id", "supply", "tracking", "unit_cost", "unit_price", "uom") VALUES (NEW."allergens", NEW."description", NEW."family", NEW."gtin", NEW."id", NEW."is_active", NEW."is_regulated", NEW."kind", NEW."lead_time_days", NEW."needs_first_article", NEW."number", NEW."order_minimum", NEW."order_multiple", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revision", NEW."shelf_life_days", NEW."site_id", NEW."storage_volume_m3", NEW."strategy", NEW."supplier_id", NEW."supply", NEW."tracking", NEW."unit_cost", NEW."unit_price", NEW."uom"); RETURN NULL;', hash='a2a5aa770b5fe2a164c4103ec6c5a1f09b12e849', operation='INSERT', pgid='pgtrigger_insert_insert_19813', table='inventory_item', when='AFTER'))), ('item', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_itemevent" ("allergens", "description", "family", "gtin", "id", "is_active", "is_regulated", "kind", "lead_time_days", "needs_first_article", "number", "order_minimum", "order_multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "shelf_life_days", "site_id", "storage_volume_m3", "strategy", "supplier_id", "supply", "tracking", "unit_cost", "unit_price", "uom") VALUES (NEW."allergens", NEW."description", NEW."family", NEW."gtin", NEW."id", NEW."is_active", NEW."is_regulated", NEW."kind", NEW."lead_time_days", NEW."needs_first_article", NEW."number", NEW."order_minimum", NEW."order_multiple", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revision", NEW."shelf_life_days", NEW."site_id", NEW."storage_volume_m3", NEW."strategy", NEW."supplier_id", NEW."supply", NEW."tracking", NEW."unit_cost", NEW."unit_price", NEW."uom"); RETURN NULL;', hash='64ab408907016dabc86e6d13c994fa896ea1f3e7', operation='UPDATE', pgid='pgtrigger_update_update_96c2b', table='inventory_item', when='AFTER'))), ('item', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_itemevent" ("allergens", "description", "family", "gtin", "id", "is_active", "is_regulated", "kind", "lead_time_days", "needs_first_article", "number", "order_minimum", "order_multiple", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "shelf_life_days", "site_id", "storage_volume_m3", "strategy", "supplier_id", "supply", "tracking", "unit_cost", "unit_price", "uom") VALUES (OLD."allergens", OLD."description", OLD."family", OLD."gtin", OLD."id", OLD."is_active", OLD."is_regulated", OLD."kind", OLD."lead_time_days", OLD."needs_first_article", OLD."number", OLD."order_minimum", OLD."order_multiple", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."revision", OLD."shelf_life_days", OLD."site_id", OLD."storage_volume_m3", OLD."strategy", OLD."supplier_id", OLD."supply", OLD."tracking", OLD."unit_cost", OLD."unit_price", OLD."uom"); RETURN NULL;', hash='668b3fae36eff1e61057198a50c4290cfd0cb688', operation='DELETE', pgid='pgtrigger_delete_delete_d7c42', table='inventory_item', when='AFTER'))), ('expectedreceiptevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='41c57562f026aa9bebfca90f29f262821d34a5f3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d4c7f', table='inventory_expectedreceiptevent', when='BEFORE'))), ('expectedreceipt', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:cancelled,open:received,received:open}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='8b914e51d62549fc151183198f611f800c3d3e26', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_d9c1c', table='inventory_expectedreceipt', when='BEFORE'))), ('expectedreceipt', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_expectedreceiptevent" ("due_date", "id", "item_id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received_quantity", "status", "supplier_id") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity", NEW."received_quantity", NEW."status", NEW."supplier_id"); RETURN NULL;', hash='64c9fd02e25041fa1e2e2dd3c337ccac27f1e4fa', operation='INSERT', pgid='pgtrigger_insert_insert_2e9c0', table='inventory_expectedreceipt', when='AFTER'))), ('expectedreceipt', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "inventory_expectedreceiptevent" ("due_date", "id", "item_id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received_quantity", "status", "supplier_id") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity", NEW."received_quantity", NEW."status", NEW."supplier_id"); RETURN NULL;', hash='f5c0e6685a40a63782f0b4eae85b5808caaf7a07', operation='UPDATE', pgid='pgtrigger_update_update_dadce', table='inventory_expectedreceipt', when='AFTER'))), ('expectedreceipt', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "inventory_expectedreceiptevent" ("due_date", "id", "item_id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "received_quantity", "status", "supplier_id") VALUES (OLD."due_date", OLD."id", OLD."item_id", OLD."number", OLD."ordered_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."quantity", OLD."received_quantity", OLD."status", OLD."supplier_id"); RETURN NULL;', hash='0dac66f2c7f85a19a15eb952096b07999f96f96a', operation='DELETE', pgid='pgtrigger_delete_delete_8e98b', table='inventory_expectedreceipt', when='AFTER'))), ('transformation', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c814c64e53988d824ec09c7c411b5c92a8ab7b05', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5d388', table='inventory_transformation', when='BEFORE'))), ('move', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6855210c02da1075ffbd36874446f1c97c09299c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8d80e', table='inventory_move', when='BEFORE'))), ('move', pgtrigger.compiler.Trigger(name='keeps_to_its_kind', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE from_kind TEXT; to_kind TEXT;', func="\n    IF NEW.reverses_id IS NOT NULL THEN\n        IF NOT EXISTS (\n            SELECT FROM inventory_move undone\n            WHERE undone.id = NEW.reverses_id AND undone.lot_id = NEW.lot_id AND undone.quantity = NEW.quantity\n            AND undone.kind = NEW.kind AND undone.source_id = NEW.destination_id AND undone.destination_id = NEW.source_id\n            AND undone.reverses_id IS NULL AND undone.transformation_id IS NOT DISTINCT FROM NEW.transformation_id\n        ) THEN\n            RAISE EXCEPTION 'a reversal is the opposite of the move that it reverses';\n        END IF;\n        RETURN NEW;\n    END IF;\n    SELECT CASE WHEN is_real THEN 'real' ELSE kind END INTO from_kind FROM inventory_location WHERE id = NEW.source_id;\n    SELECT CASE WHEN is_real THEN 'real' ELSE kind END INTO to_kind FROM inventory_location WHERE id = NEW.destination_id;\n    IF (NEW.kind, from_kind, to_kind) NOT IN (\n        ('receipt', 'supplier', 'real'), ('issue', 'real', 'production'), ('output', 'production', 'real'),\n        ('transfer', 'real', 'real'), ('shipment', 'real', 'customer'), ('return', 'real', 'supplier'),\n        ('return', 'customer', 'real'), ('scrap', 'real', 'scrap'), ('adjustment', 'real', 'adjustment'),\n        ('adjustment', 'adjustment', 'real')\n    ) THEN\n        RAISE EXCEPTION 'a % does not go from % to %', NEW.kind, from_kind, to_kind;\n    END IF;\n    IF from_kind = 'customer' AND NEW.quantity > coalesce((\n        SELECT quantity FROM inventory_balance WHERE lot_id = NEW.lot_id AND location_id = NEW.source_id\n    ), 0) THEN\n        RAISE EXCEPTION 'more comes back from customers than was shipped';\n    END IF;\n    RETURN NEW;\n", hash='2c3b2d0bceb263bb1dadb0c732969b4408d902f9', operation='INSERT', pgid='pgtrigger_keeps_to_its_kind_8e7ce', table='inventory_move', when='BEFORE'))), ('move', pgtrigger.compiler.Trigger(name='begins_somewhere', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.kind NOT IN ('receipt', 'output', 'adjustment')\n    AND NOT EXISTS (SELECT FROM inventory_move WHERE lot_id = NEW.lot_id) THEN\n        RAISE EXCEPTION 'a lot begins by a receipt, an output or an opening count, not by a %', NEW.kind;\n    END IF;\n    RETURN NEW;\n", hash='6a642ddc98efbb35aecd49e90734b1b52ef0b16d', operation='INSERT', pgid='pgtrigger_begins_somewhere_f3d76', table='inventory_move', when='BEFORE'))), ('move', pgtrigger.compiler.Trigger(name='makes_no_circle', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE made RECORD; act_kind TEXT;', func="\n    IF NEW.kind NOT IN ('issue', 'output') OR NEW.reverses_id IS NOT NULL THEN\n        RETURN NEW;\n    END IF;\n    SELECT kind INTO act_kind FROM inventory_transformation WHERE id = NEW.transformation_id;\n    FOR made IN\n        SELECT NEW.lot_id AS lot_id WHERE NEW.kind = 'output'\n        UNION SELECT lot_id FROM inventory_move WHERE NEW.kind = 'issue'\n            AND transformation_id = NEW.transformation_id AND kind = 'output' AND reverses_id IS NULL\n            AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)\n        UNION SELECT lot_id FROM inventory_transformation\n            WHERE NEW.kind = 'issue' AND id = NEW.transformation_id AND lot_id IS NOT NULL\n    LOOP\n        IF act_kind <> 'rework' AND made.lot_id = NEW.lot_id AND (NEW.kind = 'issue' OR EXISTS (\n            SELECT FROM inventory_move WHERE transformation_id = NEW.transformation_id AND kind = 'issue'\n            AND lot_id = NEW.lot_id AND reverses_id IS NULL\n            AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)\n        )) THEN\n            RAISE EXCEPTION 'circular genealogy: lot % cannot be made of itself', NEW.lot_id;\n        END IF;\n        CONTINUE WHEN NOT EXISTS (\n            SELECT FROM inventory_move WHERE lot_id = made.lot_id AND kind = 'issue'\n            AND transformation_id IS DISTINCT FROM NEW.transformation_id\n        );\n        PERFORM pg_advisory_xact_lock(hashtext('inventory.genealogy'));\n        IF EXISTS (\n            WITH RECURSIVE older (lot_id) AS (\n                SELECT CASE WHEN NEW.kind = 'issue' THEN NEW.lot_id END WHERE NEW.kind = 'issue'\n                UNION SELECT lot_id FROM inventory_move WHERE NEW.kind = 'output'\n                    AND transformation_id = NEW.transformation_id AND kind = 'issue' AND reverses_id IS NULL\n                    AND lot_id <> NEW.lot_id\n                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)\n                UNION\n                SELECT used.lot_id FROM older\n                JOIN LATERAL (\n                    SELECT transformation_id FROM inventory_move WHERE lot_id = older.lot_id AND kind = 'output'\n                    AND reverses_id IS NULL\n                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = inventory_move.id)\n                    UNION SELECT id FROM inventory_transformation WHERE lot_id = older.lot_id\n                ) act ON true\n                JOIN inventory_move used ON used.transformation_id = act.transformation_id AND used.kind = 'issue'\n                    AND used.reverses_id IS NULL\n                    AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = used.id)\n            )\n            SELECT FROM older WHERE lot_id = made.lot_id AND (NEW.kind = 'output' OR made.lot_id <> NEW.lot_id)\n        ) THEN\n            RAISE EXCEPTION 'circular genealogy: lot % would be made of what it went into', made.lot_id;\n        END IF;\n    END LOOP;\n    RETURN NEW;\n", hash='c5168e8819282106a0556354e76dce576a593ab3', operation='INSERT', pgid='pgtrigger_makes_no_circle_f5ea8', table='inventory_move', when='BEFORE'))), ('move', pgtrigger.compiler.Trigger(name='stays_one_if_serial', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (SELECT is_serial FROM inventory_lot WHERE id = NEW.lot_id) AND (\n        SELECT sum(quantity) FROM inventory_balance WHERE lot_id = NEW.lot_id AND is_real\n    ) > 1 THEN\n        RAISE EXCEPTION 'a serial number is one piece';\n    END IF;\n    RETURN NULL;\n", hash='6884ba8a9e7fd2afcbdab72ae76c331e82dc3532', operation='INSERT', pgid='pgtrigger_stays_one_if_serial_bd3f3', table='inventory_move', when='AFTER'))), ('move', pgtrigger.compiler.Trigger(name='keeps_balances', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE end_location RECORD;', func='\n                    FOR end_location IN\n                        SELECT id, is_real, CASE WHEN id = NEW.source_id THEN -NEW.quantity ELSE NEW.quantity END AS change\n                        FROM inventory_location WHERE id IN (NEW.source_id, NEW.destination_id) ORDER BY id\n                    LOOP\n                        UPDATE inventory_balance SET quantity = quantity + end_location.change\n                        WHERE lot_id = NEW.lot_id AND location_id = end_location.id;\n                        IF NOT FOUND THEN\n                            INSERT INTO inventory_balance (lot_id, location_id, is_real, quantity)\n                            VALUES (NEW.lot_id, end_location.id, end_location.is_real, end_location.change)\n                            ON CONFLICT (lot_id, location_id)\n                            DO UPDATE SET quantity = inventory_balance.quantity + EXCLUDED.quantity;\n                        END IF;\n                    END LOOP;\n                    RETURN NULL;\n                ', hash='4cdc035e79e660c4929e0e6e58aefb8c5aa777c1', operation='INSERT', pgid='pgtrigger_keeps_balances_e62f4', table='inventory_move', when='AFTER')))],
        ),
    ]
