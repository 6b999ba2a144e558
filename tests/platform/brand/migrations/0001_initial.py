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
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=20, unique=True)),
                ("price", models.PositiveIntegerField(default=0)),
                ("days", models.PositiveSmallIntegerField(default=30)),
            ],
        ),
        migrations.CreateModel(
            name="Brand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fullname", models.CharField(max_length=120)),
                ("brand_name_pos", models.CharField(max_length=200)),
                ("tg_nickname", models.CharField(blank=True, max_length=64)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("fashion", "Мода"),
                            ("beauty", "Красота"),
                            ("food", "Еда"),
                            ("education", "Образование"),
                        ],
                        default="fashion",
                        max_length=16,
                    ),
                ),
                ("about", models.TextField(blank=True)),
                ("photo", models.FileField(blank=True, upload_to="brands")),
                ("sub_expire", models.DateField(blank=True, null=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="brand.subscription",
                    ),
                ),
            ],
        ),
    ]
