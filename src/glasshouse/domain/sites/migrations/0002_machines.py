# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='arrival',
            name='asserted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='arrival',
            name='session',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.CreateModel(
            name='WorkstationKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('spki', models.BinaryField(max_length=200)),
                ('fingerprint', models.CharField(max_length=64, unique=True)),
                ('link', models.BinaryField(max_length=32)),
                ('shown', models.BinaryField(blank=True, default=b'', max_length=32)),
                ('enrolled_at', models.DateTimeField()),
                ('asserted_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended', models.CharField(blank=True, choices=[('replaced', 'another key was enrolled'), ('revoked', 'a custodian ended it'), ('copied', 'it was used from two machines')], max_length=8)),
                ('enrolled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workstation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='sites.workstation')),
            ],
            options={
                'ordering': ['-enrolled_at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('workstation',), name='sites_key_live_once')],
            },
        ),
    ]
