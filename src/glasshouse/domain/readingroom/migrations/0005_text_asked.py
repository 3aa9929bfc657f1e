# SPDX-License-Identifier: Apache-2.0

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('readingroom', '0004_notes'),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='text_at',
            field=models.DateTimeField(null=True),
        ),
    ]
