# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_country'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndedSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True)),
                ('ended_at', models.DateTimeField()),
                ('why', models.CharField(choices=[('owner', 'ended by its person from another session'), ('custodian', 'ended by a custodian'), ('limit', 'ended by a newer one')], max_length=10)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ended_sessions', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
