import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
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
        ('quality', '0001_first_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='WorkCenter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.site')),
                ('code', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('internal', 'Our machines'), ('outside', 'Outside processing')], default='internal', max_length=8)),
                ('is_unlimited', models.BooleanField(default=False, help_text='Takes any number of operations at once: outside processing, incubation, curing')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.supplier')),
                ('hourly_cost', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'code'), name='one_work_center_per_site_and_code'), models.CheckConstraint(condition=models.Q(('kind', 'internal'), ('is_unlimited', True), _connector='OR'), name='outside_capacity_is_not_ours_to_limit')],
            },
        ),
        migrations.CreateModel(
            name='Machine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work_center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='machines', to='production.workcenter')),
                ('code', models.CharField(max_length=30, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('speed', models.DecimalField(decimal_places=3, default=1, help_text="1 = the step's standard time; 2 = twice as fast", max_digits=6)),
                ('batch_limit', models.DecimalField(blank=True, decimal_places=4, help_text="Largest batch it holds, in the item's unit", max_digits=16, null=True)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('speed__gt', 0)), name='machine_speed_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work_center', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='production.workcenter')),
                ('weekday', models.SmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')])),
                ('starts', models.TimeField()),
                ('ends', models.TimeField(help_text='At or before the start means on the next day')),
                ('break_starts', models.TimeField(blank=True, null=True)),
                ('break_ends', models.TimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('work_center', 'weekday', 'starts'), name='one_shift_per_work_center_weekday_and_start'), models.CheckConstraint(condition=models.Q(models.Q(('break_ends__isnull', True), ('break_starts__isnull', True)), models.Q(('break_ends__isnull', False), ('break_starts__isnull', False)), _connector='OR'), name='a_break_has_a_start_and_an_end')],
            },
        ),
        migrations.CreateModel(
            name='CalendarException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work_center', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exceptions', to='production.workcenter')),
                ('date', models.DateField()),
                ('starts', models.TimeField(blank=True, help_text='Empty = closed all day', null=True)),
                ('ends', models.TimeField(blank=True, null=True)),
                ('reason', models.CharField(max_length=100)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('work_center', 'date', 'starts'), name='one_exception_per_work_center_date_and_start'), models.CheckConstraint(condition=models.Q(models.Q(('ends__isnull', True), ('starts__isnull', True)), models.Q(('ends__isnull', False), ('starts__isnull', False)), _connector='OR'), name='other_hours_have_a_start_and_an_end')],
            },
        ),
        migrations.CreateModel(
            name='Downtime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('machine', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='downtimes', to='production.machine')),
                ('kind', models.CharField(choices=[('planned', 'Planned maintenance'), ('breakdown', 'Breakdown')], max_length=9)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty = still down', null=True)),
                ('expected_until', models.DateTimeField(blank=True, help_text='When we believe it will run again', null=True)),
                ('reason', models.CharField(max_length=200)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='downtime_ends_after_it_starts'), models.UniqueConstraint(condition=models.Q(('ends_at__isnull', True)), fields=('machine',), name='one_open_downtime_per_machine')],
            },
        ),
        migrations.CreateModel(
            name='Changeover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work_center', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changeovers', to='production.workcenter')),
                ('from_family', models.CharField(max_length=50)),
                ('to_family', models.CharField(max_length=50)),
                ('seconds', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('work_center', 'from_family', 'to_family'), name='one_changeover_per_work_center_and_families')],
            },
        ),
        migrations.CreateModel(
            name='ProcessPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('revision', models.CharField(default='A', max_length=10)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('batch_maximum', models.DecimalField(blank=True, decimal_places=4, help_text="Largest batch, in the item's unit", max_digits=16, null=True)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('item', 'revision'), name='one_process_plan_per_item_and_revision'), models.UniqueConstraint(condition=models.Q(('status', 'approved')), fields=('item',), name='one_effective_process_plan_per_item')],
            },
        ),
        migrations.CreateModel(
            name='ProcessPlanEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.processplan')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('revision', models.CharField(default='A', max_length=10)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('batch_maximum', models.DecimalField(blank=True, decimal_places=4, help_text="Largest batch, in the item's unit", max_digits=16, null=True)),
                ('approved_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='production.processplan')),
                ('sequence', models.PositiveIntegerField(help_text='10, 20, 30 …; steps run in this order')),
                ('name', models.CharField(max_length=100)),
                ('work_center', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='production.workcenter')),
                ('setup_seconds', models.PositiveIntegerField(default=0)),
                ('setup_family', models.CharField(blank=True, max_length=50)),
                ('run_seconds', models.DecimalField(decimal_places=3, default=0, help_text='Seconds per unit', max_digits=12)),
                ('fixed_seconds', models.PositiveIntegerField(default=0, help_text='Seconds per batch, whatever its size')),
                ('may_pause', models.BooleanField(default=True, help_text='May stand still over a break or the night')),
                ('inspection_plan', models.ForeignKey(blank=True, help_text='Opened when the step is finished; the next step waits for its verdict', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.inspectionplan')),
                ('required_qualification', models.CharField(blank=True, max_length=50)),
                ('instruction', models.TextField(blank=True)),
                ('machines', models.ManyToManyField(blank=True, help_text='Empty = every machine of the work center', related_name='+', to='production.machine')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'sequence'), name='one_step_per_plan_and_sequence'), models.CheckConstraint(condition=models.Q(('run_seconds__gte', 0)), name='run_time_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='StepEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.step')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('plan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.processplan')),
                ('sequence', models.PositiveIntegerField(help_text='10, 20, 30 …; steps run in this order')),
                ('name', models.CharField(max_length=100)),
                ('work_center', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.workcenter')),
                ('setup_seconds', models.PositiveIntegerField(default=0)),
                ('setup_family', models.CharField(blank=True, max_length=50)),
                ('run_seconds', models.DecimalField(decimal_places=3, default=0, help_text='Seconds per unit', max_digits=12)),
                ('fixed_seconds', models.PositiveIntegerField(default=0, help_text='Seconds per batch, whatever its size')),
                ('may_pause', models.BooleanField(default=True, help_text='May stand still over a break or the night')),
                ('inspection_plan', models.ForeignKey(blank=True, db_constraint=False, help_text='Opened when the step is finished; the next step waits for its verdict', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.inspectionplan')),
                ('required_qualification', models.CharField(blank=True, max_length=50)),
                ('instruction', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Component',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='production.processplan')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='components', to='production.step')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('quantity_per', models.DecimalField(decimal_places=6, help_text='Per unit of the product', max_digits=16)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'step', 'item'), name='one_component_per_step_and_item'), models.CheckConstraint(condition=models.Q(('quantity_per__gt', 0)), name='component_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='ComponentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.component')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('plan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.processplan')),
                ('step', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.step')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('quantity_per', models.DecimalField(decimal_places=6, help_text='Per unit of the product', max_digits=16)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ProductionOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.site')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_at', models.DateTimeField()),
                ('earliest_start_at', models.DateTimeField(blank=True, help_text='Not before: material or release date', null=True)),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('released', 'Released'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=9)),
                ('parent', models.ForeignKey(blank=True, help_text='The order whose assembly waits for this one', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sub_orders', to='production.productionorder')),
                ('reason', models.CharField(blank=True, help_text='Why it is made, in one sentence', max_length=200)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status__in', ['planned', 'released', 'running'])), fields=['item', 'due_at'], name='open_production_order_by_item')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='ProductionOrderEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.productionorder')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.site')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_at', models.DateTimeField()),
                ('earliest_start_at', models.DateTimeField(blank=True, help_text='Not before: material or release date', null=True)),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('released', 'Released'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=9)),
                ('parent', models.ForeignKey(blank=True, db_constraint=False, help_text='The order whose assembly waits for this one', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.productionorder')),
                ('reason', models.CharField(blank=True, help_text='Why it is made, in one sentence', max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='production.productionorder')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='production.processplan')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('released', 'Released'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=9)),
                ('lot', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('transformation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.transformation')),
                ('good_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('scrap_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='batch_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('status__in', ['planned', 'cancelled']), ('lot__isnull', False), _connector='OR'), name='a_released_batch_has_its_lot')],
            },
        ),
        migrations.CreateModel(
            name='BatchEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.batch')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.productionorder')),
                ('number', models.CharField(max_length=30)),
                ('plan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.processplan')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('released', 'Released'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=9)),
                ('lot', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('transformation', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.transformation')),
                ('good_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('scrap_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Specification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='specifications', to='production.productionorder')),
                ('kind', models.CharField(choices=[('material', 'Material'), ('process', 'Process'), ('characteristic', 'Characteristic'), ('document', 'Document'), ('packaging', 'Packaging'), ('marking', 'Marking')], max_length=14)),
                ('text', models.CharField(max_length=300)),
                ('source', models.CharField(help_text='Number of the order line it comes from', max_length=100)),
                ('component', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.component')),
                ('step', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.step')),
                ('characteristic', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.characteristic')),
                ('attribute', models.CharField(blank=True, help_text='Lot attribute that material must carry', max_length=50)),
                ('expected', models.CharField(blank=True, help_text='Its value; empty = any', max_length=100)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'characteristic'), _negated=True), ('characteristic__isnull', False), _connector='OR'), name='a_characteristic_specification_names_it')],
            },
        ),
        migrations.CreateModel(
            name='MaterialClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='production.batch')),
                ('component', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.component')),
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reservation')),
            ],
        ),
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='production.batch')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='production.step')),
                ('sequence', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('paused', 'Paused'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='waiting', max_length=9)),
                ('machine', models.ForeignKey(blank=True, help_text='Where it runs or ran; empty at work centers without limit', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='production.machine')),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('running_since', models.DateTimeField(blank=True, help_text='Start of the stretch of work that has not ended yet', null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('good_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('scrap_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('inspection', models.OneToOneField(blank=True, help_text='The gate it opened', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.inspection')),
                ('pinned_machine', models.ForeignKey(blank=True, help_text="The planner's wish", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.machine')),
                ('pinned_start_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['machine', 'finished_at'], name='finished_operation_by_machine'), models.Index(condition=models.Q(('status__in', ['waiting', 'running', 'paused'])), fields=['batch', 'sequence'], name='unfinished_operation')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'sequence'), name='one_operation_per_batch_and_sequence'), models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('machine',), name='one_running_operation_per_machine'), models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'cancelled']), ('started_at__isnull', False), _connector='OR'), name='a_started_operation_has_its_start'), models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), ('finished_at__gte', models.F('started_at')), _connector='OR'), name='an_operation_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('running_since__isnull', False), ('status', 'running')), models.Q(models.Q(('status', 'running'), _negated=True), ('running_since__isnull', True)), _connector='OR'), name='only_a_running_operation_runs_since')],
            },
        ),
        migrations.CreateModel(
            name='OperationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.operation')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('batch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.batch')),
                ('step', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.step')),
                ('sequence', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('paused', 'Paused'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='waiting', max_length=9)),
                ('machine', models.ForeignKey(blank=True, db_constraint=False, help_text='Where it runs or ran; empty at work centers without limit', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.machine')),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('running_since', models.DateTimeField(blank=True, help_text='Start of the stretch of work that has not ended yet', null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('good_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('scrap_quantity', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('inspection', models.ForeignKey(blank=True, db_constraint=False, help_text='The gate it opened', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.inspection')),
                ('pinned_machine', models.ForeignKey(blank=True, db_constraint=False, help_text="The planner's wish", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.machine')),
                ('pinned_start_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TimeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_entries', to='production.operation')),
                ('machine', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.machine')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'time entries',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__gte', models.F('started_at'))), name='time_entry_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Operator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.site')),
                ('badge', models.CharField(max_length=30, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='production.operator')),
                ('code', models.CharField(help_text='As a step asks for it, e.g. NDT-PT-II', max_length=50)),
                ('expires_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('operator', 'code'), name='one_qualification_per_operator_and_code')],
            },
        ),
        migrations.CreateModel(
            name='QualificationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.qualification')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('operator', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.operator')),
                ('code', models.CharField(help_text='As a step asks for it, e.g. NDT-PT-II', max_length=50)),
                ('expires_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('made_at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(help_text='Why it was made: nightly, breakdown of …, order … confirmed', max_length=200)),
                ('objective', models.FloatField(help_text='What the solver minimised')),
                ('figures', models.JSONField(help_text='Operations, late orders, set-up hours, utilisation, solver seconds')),
                ('moved', models.JSONField(default=list, help_text='Operations that moved, from when to when, and whom it concerns')),
                ('unplanned', models.JSONField(default=list, help_text='Operations that found no place, each with its reason')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='production.schedule')),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='production.operation')),
                ('machine', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='production.machine')),
                ('starts_at', models.DateTimeField()),
                ('setup_ends_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('is_published', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_published', True)), fields=['machine', 'starts_at'], name='published_slot_by_machine')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_published', True)), fields=('operation',), name='one_published_slot_per_operation'), models.CheckConstraint(condition=models.Q(('setup_ends_at__gte', models.F('starts_at')), ('ends_at__gte', models.F('setup_ends_at'))), name='a_slot_ends_after_it_starts'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('is_published', True), ('machine__isnull', False)), expressions=[(models.Func(models.F('machine_id'), models.F('machine_id'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('starts_at'), models.F('ends_at'), django.contrib.postgres.fields.ranges.RangeBoundary(), function='TSTZRANGE', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='published_slots_of_a_machine_never_overlap')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='processplan',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{approved:superseded,draft:approved}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='725befd0fbb16f7d8f13580b30ce336efa7494d7', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_dcd21', table='production_processplan', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='processplan',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_processplanevent" ("approved_at", "approved_by_id", "batch_maximum", "id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "status") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."batch_maximum", NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revision", NEW."status"); RETURN NULL;', hash='f5fe4d1f751e188e48cc22f118311a1fbcc568b5', operation='INSERT', pgid='pgtrigger_insert_insert_fa927', table='production_processplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='processplan',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_processplanevent" ("approved_at", "approved_by_id", "batch_maximum", "id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "status") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."batch_maximum", NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revision", NEW."status"); RETURN NULL;', hash='74285014a98e1e4d050f4731b2b46592406dba58', operation='UPDATE', pgid='pgtrigger_update_update_cbb51', table='production_processplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productionorder',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{planned:cancelled,planned:released,released:cancelled,released:running,running:cancelled,running:done}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='d1b5dd141c6a10e576a431472b0448c62b78049f', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_d5a6d', table='production_productionorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productionorder',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_productionorderevent" ("due_at", "earliest_start_at", "id", "item_id", "number", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "reason", "site_id", "status") VALUES (NEW."due_at", NEW."earliest_start_at", NEW."id", NEW."item_id", NEW."number", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."quantity", NEW."reason", NEW."site_id", NEW."status"); RETURN NULL;', hash='74366c1a7bd16e9a83b65ce1c25ecbc16a2a5772', operation='INSERT', pgid='pgtrigger_insert_insert_a5844', table='production_productionorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productionorder',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_productionorderevent" ("due_at", "earliest_start_at", "id", "item_id", "number", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "reason", "site_id", "status") VALUES (NEW."due_at", NEW."earliest_start_at", NEW."id", NEW."item_id", NEW."number", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."quantity", NEW."reason", NEW."site_id", NEW."status"); RETURN NULL;', hash='5b3280b0720182cb455d0fb13bf11be622b18a73', operation='UPDATE', pgid='pgtrigger_update_update_b602e', table='production_productionorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{planned:cancelled,planned:released,released:cancelled,released:running,running:cancelled,running:done}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='3a25fd33d25cfb397a6b1b2b8b923e5920b6a2ac', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_7106c', table='production_batch', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_batchevent" ("finished_at", "good_quantity", "id", "lot_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity", "scrap_quantity", "started_at", "status", "transformation_id") VALUES (NEW."finished_at", NEW."good_quantity", NEW."id", NEW."lot_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."quantity", NEW."scrap_quantity", NEW."started_at", NEW."status", NEW."transformation_id"); RETURN NULL;', hash='01b0c67464d59ed95251f3725fda2d7edc3efbb8', operation='INSERT', pgid='pgtrigger_insert_insert_5ff18', table='production_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_batchevent" ("finished_at", "good_quantity", "id", "lot_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity", "scrap_quantity", "started_at", "status", "transformation_id") VALUES (NEW."finished_at", NEW."good_quantity", NEW."id", NEW."lot_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."quantity", NEW."scrap_quantity", NEW."started_at", NEW."status", NEW."transformation_id"); RETURN NULL;', hash='3c5d71413da35b8bbbd405360731d4dec5d8d1a2', operation='UPDATE', pgid='pgtrigger_update_update_798ae', table='production_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualification',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_qualificationevent" ("code", "expires_on", "id", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."code", NEW."expires_on", NEW."id", NEW."operator_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='1501030a4aabb5daf29abbf727e5a9b1124e2aa9', operation='INSERT', pgid='pgtrigger_insert_insert_1b377', table='production_qualification', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualification',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_qualificationevent" ("code", "expires_on", "id", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."code", NEW."expires_on", NEW."id", NEW."operator_id", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='6f31b4e8c76a098a928f8b744c2d80639f53186e', operation='UPDATE', pgid='pgtrigger_update_update_97dca', table='production_qualification', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='schedule',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f9fa4e69c1579f9a3a70871b5c324ac8178346e9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_37a20', table='production_schedule', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='operation',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{paused:cancelled,paused:running,running:cancelled,running:done,running:paused,waiting:cancelled,waiting:running}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='419cb5574f72cd5dbf315a000cb593bbdcbfeb99', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_a0e0b', table='production_operation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='operation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_operationevent" ("batch_id", "finished_at", "good_quantity", "id", "inspection_id", "machine_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pinned_machine_id", "pinned_start_at", "running_since", "scrap_quantity", "sequence", "started_at", "status", "step_id") VALUES (NEW."batch_id", NEW."finished_at", NEW."good_quantity", NEW."id", NEW."inspection_id", NEW."machine_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."pinned_machine_id", NEW."pinned_start_at", NEW."running_since", NEW."scrap_quantity", NEW."sequence", NEW."started_at", NEW."status", NEW."step_id"); RETURN NULL;', hash='aeba860d568634d78dcfac32192f1115a1f5796e', operation='INSERT', pgid='pgtrigger_insert_insert_94ff1', table='production_operation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='operation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_operationevent" ("batch_id", "finished_at", "good_quantity", "id", "inspection_id", "machine_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pinned_machine_id", "pinned_start_at", "running_since", "scrap_quantity", "sequence", "started_at", "status", "step_id") VALUES (NEW."batch_id", NEW."finished_at", NEW."good_quantity", NEW."id", NEW."inspection_id", NEW."machine_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."pinned_machine_id", NEW."pinned_start_at", NEW."running_since", NEW."scrap_quantity", NEW."sequence", NEW."started_at", NEW."status", NEW."step_id"); RETURN NULL;', hash='f1cee2b13f9d7db5c9f9ec81f88db9d9929626c9', operation='UPDATE', pgid='pgtrigger_update_update_daeb2', table='production_operation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='component',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_componentevent" ("id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity_per", "step_id") VALUES (NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."quantity_per", NEW."step_id"); RETURN NULL;', hash='0c36d4484d7c1ec4b3009c62c24caafcc0d408ad', operation='INSERT', pgid='pgtrigger_insert_insert_77785', table='production_component', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='component',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_componentevent" ("id", "item_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity_per", "step_id") VALUES (NEW."id", NEW."item_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."quantity_per", NEW."step_id"); RETURN NULL;', hash='9bca369692ae75c77edf22db8f5ce04357b56caf', operation='UPDATE', pgid='pgtrigger_update_update_faaa1', table='production_component', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='timeentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='124966d080161e7a1bb90c63c025ce4b2f3b1541', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eb695', table='production_timeentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='step',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_stepevent" ("fixed_seconds", "id", "inspection_plan_id", "instruction", "may_pause", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "required_qualification", "run_seconds", "sequence", "setup_family", "setup_seconds", "work_center_id") VALUES (NEW."fixed_seconds", NEW."id", NEW."inspection_plan_id", NEW."instruction", NEW."may_pause", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."required_qualification", NEW."run_seconds", NEW."sequence", NEW."setup_family", NEW."setup_seconds", NEW."work_center_id"); RETURN NULL;', hash='2e0d3adc48f60823bfd8bdfca85d684dfb60aaf4', operation='INSERT', pgid='pgtrigger_insert_insert_2c7ce', table='production_step', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='step',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_stepevent" ("fixed_seconds", "id", "inspection_plan_id", "instruction", "may_pause", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "required_qualification", "run_seconds", "sequence", "setup_family", "setup_seconds", "work_center_id") VALUES (NEW."fixed_seconds", NEW."id", NEW."inspection_plan_id", NEW."instruction", NEW."may_pause", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."required_qualification", NEW."run_seconds", NEW."sequence", NEW."setup_family", NEW."setup_seconds", NEW."work_center_id"); RETURN NULL;', hash='d961e720872fc5e251bb5db8afeadff389cf1d04', operation='UPDATE', pgid='pgtrigger_update_update_7ae05', table='production_step', when='AFTER')),
        ),
    ]
