# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0001_initial'),
        ('people', '0003_country'),
        ('readingroom', '0003_engagements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('statement', models.TextField()),
                ('digest', models.BinaryField(max_length=32)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ExportDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('number', models.CharField(max_length=80)),
                ('product_class', models.CharField(max_length=80)),
                ('sites', models.JSONField(default=list)),
                ('countries', models.JSONField(default=list)),
                ('decided_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Request',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('asked_at', models.DateTimeField()),
                ('words', models.CharField(max_length=26)),
                ('sites', models.JSONField(default=list)),
                ('category', models.CharField(choices=[('product', 'review of a product'), ('service', 'review of a service'), ('tests', 'tests by the lab')], max_length=10)),
                ('depth', models.CharField(choices=[('overview', 'overview'), ('targeted', 'targeted'), ('full', 'full'), ('test-only', 'tests only, no reading')], max_length=10)),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('state', models.CharField(choices=[('received', 'waits for vetting'), ('vetted', 'waits for the export decision'), ('cleared', 'waits to be put up for opening'), ('proposed', 'waits for two approvals'), ('opened', 'opened'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='received', max_length=10)),
                ('product', models.CharField(blank=True, max_length=26)),
                ('service', models.CharField(blank=True, max_length=200)),
                ('releases', models.JSONField(default=dict)),
                ('ground', models.CharField(blank=True, choices=[('not-offered', 'not offered for this review'), ('interest', 'conflict of interest'), ('purpose', 'purpose'), ('export', 'export control'), ('capacity', 'no capacity in the asked time'), ('incomplete', 'incomplete'), ('legal', 'other legal reason')], max_length=12)),
                ('settled_at', models.DateTimeField(null=True)),
                ('proposal', models.CharField(blank=True, max_length=26)),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signed_at', models.DateTimeField()),
                ('word', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='Terms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rules', 'rules of engagement'), ('nda', 'non-disclosure agreement')], max_length=8)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('digest', models.BinaryField(max_length=32)),
                ('published_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='engagement',
            name='readingroom_engagement_once',
        ),
        migrations.AddField(
            model_name='engagement',
            name='agreement',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='engagement',
            name='begins',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='engagement',
            name='category',
            field=models.CharField(choices=[('product', 'review of a product'), ('service', 'review of a service'), ('tests', 'tests by the lab')], default='product', max_length=10),
        ),
        migrations.AddField(
            model_name='engagement',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='engagement',
            name='depth',
            field=models.CharField(choices=[('overview', 'overview'), ('targeted', 'targeted'), ('full', 'full'), ('test-only', 'tests only, no reading')], default='targeted', max_length=10),
        ),
        migrations.AddField(
            model_name='engagement',
            name='ending',
            field=models.CharField(blank=True, choices=[('completed', 'completed'), ('ended-by-visitor', 'ended by the visitor'), ('ended-by-lab', 'ended by the lab')], max_length=20),
        ),
        migrations.AddField(
            model_name='engagement',
            name='ends',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='engagement',
            name='people',
            field=models.ManyToManyField(related_name='engagements', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='engagement',
            name='releases',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='engagement',
            name='service',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='engagement',
            name='product',
            field=models.CharField(blank=True, max_length=26),
        ),
        migrations.AddField(
            model_name='agreement',
            name='engagement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='engagements.engagement'),
        ),
        migrations.AddField(
            model_name='exportdecision',
            name='officer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='exportdecision',
            name='people',
            field=models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='request',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='request',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='people.organisation'),
        ),
        migrations.AddField(
            model_name='request',
            name='people',
            field=models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='request',
            name='vetted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='exportdecision',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='engagements.request'),
        ),
        migrations.AddField(
            model_name='engagement',
            name='request',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='engagement', to='engagements.request'),
        ),
        migrations.AddConstraint(
            model_name='engagement',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at', None), models.Q(('ending', ''), _negated=True), _connector='XOR'), name='engagements_closed_has_ending'),
        ),
        migrations.AddField(
            model_name='signature',
            name='agreement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='engagements.agreement'),
        ),
        migrations.AddField(
            model_name='signature',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='terms',
            name='published_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='agreement',
            name='terms',
            field=models.ManyToManyField(related_name='+', to='engagements.terms'),
        ),
        migrations.AddIndex(
            model_name='request',
            index=models.Index(fields=['state', 'asked_at'], name='engagements_request_waiting'),
        ),
        migrations.AddIndex(
            model_name='request',
            index=models.Index(fields=['organisation', 'state'], name='engagements_request_of'),
        ),
        migrations.AddConstraint(
            model_name='request',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'refused'), ('ground', ''), _connector='XOR'), name='engagements_refusal_has_ground'),
        ),
        migrations.AddConstraint(
            model_name='request',
            constraint=models.CheckConstraint(condition=models.Q(('settled_at', None), ('state__in', ['opened', 'refused', 'withdrawn']), _connector='XOR'), name='engagements_settled_has_time'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(fields=('agreement', 'person'), name='engagements_signature_once'),
        ),
        migrations.AddConstraint(
            model_name='terms',
            constraint=models.UniqueConstraint(fields=('kind', 'version'), name='engagements_terms_once'),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.UniqueConstraint(fields=('engagement', 'number'), name='engagements_agreement_once'),
        ),
    ]
