from rest_framework import serializers

from .models import Brand


class BrandSerializer(serializers.ModelSerializer):
    class Meta:
        model = Brand
        fields = [
            "id",
            "fullname",
            "brand_name_pos",
            "tg_nickname",
            "category",
            "description",
            "city",
            "photo",
        ]
