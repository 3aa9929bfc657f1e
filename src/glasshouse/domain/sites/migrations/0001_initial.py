# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('seats', models.PositiveSmallIntegerField()),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('place', models.CharField(max_length=200)),
                ('country', models.CharField(max_length=2)),
                ('zone', models.CharField(max_length=64)),
                ('retention_days', models.PositiveIntegerField(default=365)),
                ('added_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('engagement', models.CharField(blank=True, max_length=26)),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('booked_at', models.DateTimeField()),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('booked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('custodian', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='sites.room')),
            ],
            options={
                'ordering': ['begins', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='room',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='sites.site'),
        ),
        migrations.CreateModel(
            name='OpenHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('opens', models.PositiveSmallIntegerField()),
                ('closes', models.PositiveSmallIntegerField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hours', to='sites.site')),
            ],
            options={
                'ordering': ['weekday'],
            },
        ),
        migrations.CreateModel(
            name='SiteText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('purpose', 'purpose'), ('notice', 'notice'), ('briefing', 'briefing')], max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('digest', models.BinaryField(max_length=32)),
                ('set_at', models.DateTimeField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='sites.site')),
            ],
            options={
                'ordering': ['kind', '-version'],
            },
        ),
        migrations.CreateModel(
            name='Workstation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('ranges', models.JSONField()),
                ('certificate', models.CharField(blank=True, max_length=64)),
                ('retired_at', models.DateTimeField(null=True)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='workstations', to='sites.room')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Attendee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendees', to='sites.booking')),
                ('workstation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.workstation')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('identity', models.CharField(choices=[('passport', 'passport'), ('identity-card', 'identity card'), ('residence-permit', 'residence permit'), ('service-card', 'service card of an authority')], max_length=20)),
                ('devices', models.PositiveSmallIntegerField()),
                ('receipt', models.CharField(blank=True, max_length=20)),
                ('arrived_at', models.DateTimeField()),
                ('departed_at', models.DateTimeField(null=True)),
                ('returned', models.BooleanField(null=True)),
                ('escort', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('received_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='sites.booking')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='sites.site')),
                ('briefing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.sitetext')),
                ('workstation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.workstation')),
            ],
            options={
                'ordering': ['arrived_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.CharField(max_length=40)),
                ('slot', models.BigIntegerField()),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='sites.booking')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('resource', 'slot'), name='sites_claim_once')],
            },
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['begins'], name='sites_booking_begins'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(('begins__lt', models.F('ends'))), name='sites_booking_has_a_span'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(fields=('site', 'name'), name='sites_room_name_once'),
        ),
        migrations.AddConstraint(
            model_name='openhours',
            constraint=models.UniqueConstraint(fields=('site', 'weekday'), name='sites_hours_once'),
        ),
        migrations.AddConstraint(
            model_name='openhours',
            constraint=models.CheckConstraint(condition=models.Q(('closes__lte', 1440), ('opens__lt', models.F('closes')), ('weekday__lt', 7)), name='sites_hours_of_a_day'),
        ),
        migrations.AddConstraint(
            model_name='sitetext',
            constraint=models.UniqueConstraint(fields=('site', 'kind', 'version'), name='sites_text_version_once'),
        ),
        migrations.AddConstraint(
            model_name='workstation',
            constraint=models.UniqueConstraint(fields=('room', 'name'), name='sites_workstation_name_once'),
        ),
        migrations.AddConstraint(
            model_name='attendee',
            constraint=models.UniqueConstraint(fields=('booking', 'person'), name='sites_attendee_once'),
        ),
        migrations.AddConstraint(
            model_name='arrival',
            constraint=models.UniqueConstraint(condition=models.Q(('departed_at', None)), fields=('person',), name='sites_arrival_person_once'),
        ),
        migrations.AddConstraint(
            model_name='arrival',
            constraint=models.UniqueConstraint(condition=models.Q(('departed_at', None)), fields=('workstation',), name='sites_arrival_workstation_once'),
        ),
        migrations.AddConstraint(
            model_name='arrival',
            constraint=models.UniqueConstraint(condition=models.Q(('departed_at', None), models.Q(('receipt', ''), _negated=True)), fields=('site', 'receipt'), name='sites_arrival_locker_once'),
        ),
    ]
