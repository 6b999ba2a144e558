import json

from django.core.management.base import BaseCommand

from accounts.models import User
from accounts.serializers import UserSerializer
from brand.models import Brand
from brand.serializers import BrandSerializer


class Command(BaseCommand):
    help = (
        "Prints users and brands as the API shows them: for `aftermatch bridge check --profiles`."
    )

    def handle(self, *args, **options):
        for user in User.objects.order_by("id").iterator():
            self.line({"user": user.id, "profile": UserSerializer(user).data})
        for brand in Brand.objects.order_by("id").iterator():
            self.line({"brand": brand.id, "profile": BrandSerializer(brand).data})

    def line(self, shown):
        self.stdout.write(json.dumps(shown, ensure_ascii=False))
