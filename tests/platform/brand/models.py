from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class Subscription(models.Model):
    """A tariff on sale."""

    name = models.CharField(max_length=20, unique=True)  # Лайт, Комфорт, Бизнес
    price = models.PositiveIntegerField(default=0)
    days = models.PositiveSmallIntegerField(default=30)

    def __str__(self):
        return self.name


class Brand(models.Model):
    class Category(models.TextChoices):
        FASHION = "fashion", "Мода"
        BEAUTY = "beauty", "Красота"
        FOOD = "food", "Еда"
        EDUCATION = "education", "Образование"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    fullname = models.CharField(max_length=120)
    brand_name_pos = models.CharField(max_length=200)  # "Alpha, founder"
    tg_nickname = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=16, choices=Category, default=Category.FASHION)
    description = models.TextField(blank=True)
    city = models.CharField(max_length=80, blank=True)
    photo = models.FileField(upload_to="brands", blank=True)
    subscription = models.ForeignKey(Subscription, models.SET_NULL, null=True, blank=True)
    sub_expire = models.DateField(null=True, blank=True)  # the last day that is paid for

    def buy(self, subscription):
        self.subscription = subscription
        self.sub_expire = timezone.now().date() + timedelta(days=subscription.days)
        self.save(update_fields=["subscription", "sub_expire"])

    def __str__(self):
        return self.fullname
