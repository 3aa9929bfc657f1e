# SPDX-License-Identifier: Apache-2.0

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='country',
            field=models.CharField(blank=True, default='', help_text='ISO 3166-1 alpha-2; empty: unknown', max_length=2),
        ),
    ]
