# SPDX-License-Identifier: Apache-2.0

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0002_symbol_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='reading',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
    ]
