from base64 import urlsafe_b64encode

from rest_framework import serializers

from .models import User


class UserSerializer(serializers.ModelSerializer):
    telegram_link = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "phone", "telegram_link"]

    def get_telegram_link(self, user):
        start = urlsafe_b64encode(str(user.id).encode()).decode().rstrip("=")
        return f"https://t.me/market_bot?start={start}"
