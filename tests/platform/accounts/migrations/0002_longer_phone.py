from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        # ALTER COLUMN TYPE: a view on the table, or a trigger with `WHEN`, would forbid it.
        migrations.AlterField("user", "phone", models.CharField(max_length=32, blank=True)),
    ]
