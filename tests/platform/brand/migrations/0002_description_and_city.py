from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("brand", "0001_initial")]

    operations = [
        migrations.RenameField("brand", "about", "description"),
        migrations.AddField(
            "brand",
            "city",
            models.CharField(max_length=80, blank=True, default=""),
            preserve_default=False,
        ),
    ]
