# SPDX-License-Identifier: Apache-2.0

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('detections', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='standing',
            name='detections_standing_tally',
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['report', 'rule', 'path', 'state', 'severity', 'is_suppressed'], name='detections_standing_count'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['report', 'path', 'first_line'], name='detections_standing_place'),
        ),
    ]
