"""Every table of the ground floor, and the signatures that regulated items need until somebody changes them."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import mes.core.migrating
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


# What the plants that are audited expect: for regulated items, plans are approved, lots released and nonconformances
# decided by signature; nobody approves his own plan or releases what he measured.
RULES = [
    ('production.processplan', 'approve', True),
    ('quality.inspectionplan', 'approve', True),
    ('inventory.lot', 'release', True),
    ('quality.nonconformance', 'disposition', False),
]


def state_rules(apps, schema_editor):
    rule = apps.get_model('core', 'SignaturePolicy')
    for kind, meaning, not_the_author in RULES:
        rule.objects.create(kind=kind, meaning=meaning, demand='regulated', not_the_author=not_the_author)


class Migration(migrations.Migration):

    # Databases that had all of these carried out have this behind them.
    replaces = [
        ('core', '0001_ground'),
        ('core', '0002_files_are_kept_with_records'),
        ('core', '0003_signatures'),
        ('core', '0004_rules_for_gxp_signatures'),
        ('core', '0005_seals'),
        ('core', '0006_history_is_append_only'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Forgetting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=100)),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(help_text='1, 2, 3 … without a gap', unique=True)),
                ('previous_hash', models.CharField(blank=True, help_text='Hash of the seal before; empty for the first', max_length=64)),
                ('table', models.CharField(max_length=100)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), help_text='What of each row is sealed, in this order', size=None)),
                ('after_key', models.BigIntegerField(help_text='Rows above this key …')),
                ('upto_key', models.BigIntegerField(help_text='… up to this one; what is not listed was not there')),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Keys of the rows, in order', size=None)),
                ('digests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), help_text='SHA-256 of each row, in the order of the keys', size=None)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('sealed_at', models.DateTimeField()),
            ],
            options={
                'permissions': [('read_trail', 'Can read the audit trail')],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('after_key__lt', models.F('upto_key'))), name='a_seal_spans_some_keys'), models.UniqueConstraint(fields=('table', 'after_key'), name='one_seal_per_table_and_start')],
            },
        ),
        migrations.CreateModel(
            name='SealMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=100, unique=True)),
                ('upto_key', models.BigIntegerField()),
                ('horizon', models.BigIntegerField(help_text='The first transaction that had not begun')),
                ('marked_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SignaturePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='What is signed', max_length=100, verbose_name='record')),
                ('meaning', models.CharField(choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], max_length=20)),
                ('demand', models.CharField(choices=[('never', 'Not demanded'), ('regulated', 'For regulated items'), ('always', 'Always')], default='regulated', max_length=10, verbose_name='demanded')),
                ('before', models.CharField(blank=True, choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], help_text='Must be there before the act of that meaning, for instance a review before the approval; empty: it is the signature of the act itself', max_length=20)),
                ('count', models.PositiveSmallIntegerField(default=1, help_text='How many different people sign, the one who does the act among them')),
                ('not_the_author', models.BooleanField(default=True, help_text='Whoever wrote, changed or measured what is signed may not sign it')),
                ('not_another_signer', models.BooleanField(default=False, help_text='Whoever signed the same content with another meaning may not sign it too')),
                ('permission', models.CharField(blank=True, help_text='What the signer must be permitted, as app.permission; empty: whoever may do the act may sign it', max_length=150)),
                ('reason_required', models.BooleanField(default=False, help_text='The signer says why')),
            ],
            options={
                'verbose_name': 'signature rule',
                'verbose_name_plural': 'signature rules',
                'constraints': [models.UniqueConstraint(fields=('kind', 'meaning'), name='one_signature_rule_per_record_and_meaning'), models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='a_signature_rule_asks_for_at_least_one'), models.CheckConstraint(condition=models.Q(('before', models.F('meaning')), _negated=True), name='a_signature_does_not_go_before_itself')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('is_machine', models.BooleanField(default=False, help_text='Another system. It never signs: only people do.', verbose_name='machine account')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text="Dotted name of the fact's class, e.g. inventory.LotReceived", max_length=100)),
                ('payload', models.JSONField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['name', 'id'], name='fact_by_name')],
            },
        ),
        migrations.CreateModel(
            name='FactDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscriber', models.CharField(help_text='Dotted path of the function that reacts', max_length=200)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('done', 'Done'), ('parked', 'Parked')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('fact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='core.fact')),
            ],
            options={
                'verbose_name_plural': 'fact deliveries',
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'pending')), fields=['due_at', 'id'], name='delivery_due')],
                'constraints': [models.UniqueConstraint(fields=('fact', 'subscriber'), name='one_delivery_per_fact_and_subscriber')],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='What kind of record was signed, as app.model', max_length=100)),
                ('key', models.BigIntegerField(help_text='Primary key of the record')),
                ('record', models.CharField(help_text='What the record was called when it was signed', max_length=200)),
                ('meaning', models.CharField(choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], max_length=20)),
                ('content', models.JSONField(help_text='What was signed')),
                ('content_hash', models.CharField(help_text='SHA-256 of the content in canonical JSON', max_length=64, verbose_name='hash')),
                ('printed_name', models.CharField(max_length=310)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('method', models.CharField(choices=[('full', 'User name and password'), ('password', 'Password, within a session')], max_length=10, verbose_name='identified by')),
                ('signed_at', models.DateTimeField()),
                ('signer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['kind', 'key', 'id'], name='signature_by_record')],
                'constraints': [models.CheckConstraint(condition=models.Q(('printed_name', ''), _negated=True), name='a_signature_has_a_printed_name'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='a_signature_has_the_hash_of_its_content')],
            },
        ),
        migrations.CreateModel(
            name='SignaturePolicyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(help_text='What is signed', max_length=100, verbose_name='record')),
                ('meaning', models.CharField(choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], max_length=20)),
                ('demand', models.CharField(choices=[('never', 'Not demanded'), ('regulated', 'For regulated items'), ('always', 'Always')], default='regulated', max_length=10, verbose_name='demanded')),
                ('before', models.CharField(blank=True, choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], help_text='Must be there before the act of that meaning, for instance a review before the approval; empty: it is the signature of the act itself', max_length=20)),
                ('count', models.PositiveSmallIntegerField(default=1, help_text='How many different people sign, the one who does the act among them')),
                ('not_the_author', models.BooleanField(default=True, help_text='Whoever wrote, changed or measured what is signed may not sign it')),
                ('not_another_signer', models.BooleanField(default=False, help_text='Whoever signed the same content with another meaning may not sign it too')),
                ('permission', models.CharField(blank=True, help_text='What the signer must be permitted, as app.permission; empty: whoever may do the act may sign it', max_length=150)),
                ('reason_required', models.BooleanField(default=False, help_text='The signer says why')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.signaturepolicy')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('content_type', models.CharField(max_length=60)),
                ('size', models.PositiveIntegerField(help_text='In bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('seals', models.PositiveBigIntegerField()),
                ('rows', models.PositiveBigIntegerField()),
                ('head', models.CharField(blank=True, help_text='Hash of the newest seal', max_length=64)),
                ('faults', models.JSONField(default=list, help_text='What does not stand up: kind, table, key and a sentence')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccessAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('sign_in', 'To sign in'), ('signature', 'To sign')], max_length=10)),
                ('outcome', models.CharField(choices=[('proven', 'Proven'), ('wrong', 'Wrong user name or password'), ('locked', 'Account locked'), ('unlocked', 'Unlocked by an administrator')], max_length=10)),
                ('username', models.CharField(blank=True, max_length=150, verbose_name='user name given')),
                ('kind', models.CharField(blank=True, max_length=100, verbose_name='record')),
                ('key', models.BigIntegerField(blank=True, null=True)),
                ('meaning', models.CharField(blank=True, choices=[('author', 'Author'), ('review', 'Review'), ('approve', 'Approval'), ('responsibility', 'Responsibility'), ('verify', 'Check by a second person'), ('release', 'Release'), ('disposition', 'Disposition'), ('override', 'Override'), ('concession', 'Concession'), ('certificate', 'Certificate'), ('recall_closing', 'Closing of a recall')], max_length=20)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(blank=True, db_constraint=False, help_text='Whose account it was tried on', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['user', 'id'], name='access_attempt_by_user')],
            },
        ),
        migrations.CreateModel(
            name='AccountLock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('locked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='lock', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'permissions': [('unlock_account', 'Can unlock accounts')],
            },
        ),
        migrations.CreateModel(
            name='FileContent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='stored', to='core.storedfile')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccountLockEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('locked_at', models.DateTimeField(blank=True, null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.accountlock')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        mes.core.migrating.AddTriggers(
            triggers=[('fact', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d2fec146edcfa9f61724d37910b98f7c71270954', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5fc7d', table='core_fact', when='BEFORE'))), ('forgetting', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6504da3ad08fb993c77afecb2265e03bba60ddda', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_df00f', table='core_forgetting', when='BEFORE'))), ('seal', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f24b77843cd114313373064d7860b4c1128193f0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e986a', table='core_seal', when='BEFORE'))), ('signaturepolicy', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "core_signaturepolicyevent" ("before", "count", "demand", "id", "kind", "meaning", "not_another_signer", "not_the_author", "permission", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_required") VALUES (NEW."before", NEW."count", NEW."demand", NEW."id", NEW."kind", NEW."meaning", NEW."not_another_signer", NEW."not_the_author", NEW."permission", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason_required"); RETURN NULL;', hash='83f9c706a17f9628e3d15c717f74ceb31a93a251', operation='INSERT', pgid='pgtrigger_insert_insert_8e09a', table='core_signaturepolicy', when='AFTER'))), ('signaturepolicy', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "core_signaturepolicyevent" ("before", "count", "demand", "id", "kind", "meaning", "not_another_signer", "not_the_author", "permission", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_required") VALUES (NEW."before", NEW."count", NEW."demand", NEW."id", NEW."kind", NEW."meaning", NEW."not_another_signer", NEW."not_the_author", NEW."permission", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason_required"); RETURN NULL;', hash='a2270c134cdf7253bf670bb57169897726327548', operation='UPDATE', pgid='pgtrigger_update_update_c476c', table='core_signaturepolicy', when='AFTER'))), ('signaturepolicy', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "core_signaturepolicyevent" ("before", "count", "demand", "id", "kind", "meaning", "not_another_signer", "not_the_author", "permission", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_required") VALUES (OLD."before", OLD."count", OLD."demand", OLD."id", OLD."kind", OLD."meaning", OLD."not_another_signer", OLD."not_the_author", OLD."permission", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason_required"); RETURN NULL;', hash='0e15d2844bf4d326280a4a67badc85f0cd3825f2', operation='DELETE', pgid='pgtrigger_delete_delete_f3c0e', table='core_signaturepolicy', when='AFTER'))), ('accessattempt', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0384be9df6120bb6b6316b7b79fca415e323b543', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_da4d4', table='core_accessattempt', when='BEFORE'))), ('accountlock', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "core_accountlockevent" ("failures", "id", "locked_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."failures", NEW."id", NEW."locked_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;', hash='242eccc7e2d65834524b1a5c58263a741c124399', operation='INSERT', pgid='pgtrigger_insert_insert_20408', table='core_accountlock', when='AFTER'))), ('accountlock', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "core_accountlockevent" ("failures", "id", "locked_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."failures", NEW."id", NEW."locked_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."user_id"); RETURN NULL;', hash='fdc839f9173079f5aa18bd0229f5ce2515b4a1ab', operation='UPDATE', pgid='pgtrigger_update_update_63d2a', table='core_accountlock', when='AFTER'))), ('accountlock', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "core_accountlockevent" ("failures", "id", "locked_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."failures", OLD."id", OLD."locked_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."user_id"); RETURN NULL;', hash='1af1fef8852561dbbb75331b0846766db22edc17', operation='DELETE', pgid='pgtrigger_delete_delete_84a7a', table='core_accountlock', when='AFTER'))), ('accountlockevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7468841a30fa60f539328f8d3c60d4918cc47c81', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_029a0', table='core_accountlockevent', when='BEFORE'))), ('factdelivery', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{parked:pending,pending:done,pending:parked}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='25bf14bba562429179e9518c9a879459eb749337', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_1d031', table='core_factdelivery', when='BEFORE'))), ('signature', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='62247db966c8a1a8b7d3dbdf6307057d5712a2e5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7799a', table='core_signature', when='BEFORE'))), ('signaturepolicyevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='817788f1abbf13049bcf35b7fef1a78243379ea8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d8956', table='core_signaturepolicyevent', when='BEFORE'))), ('storedfile', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3b1f941101ef649a0de8f2d5c96bf06f78959701', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_315b1', table='core_storedfile', when='BEFORE'))), ('filecontent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='411b11b5fd09b641f6e9d9fdde149fe0cde89da6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_050b9', table='core_filecontent', when='BEFORE'))), ('verification', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='09d9afb9da9fb770692ea444a4edfe533dc4477b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_66de5', table='core_verification', when='BEFORE')))],
        ),
        migrations.RunPython(state_rules, migrations.RunPython.noop),
    ]
