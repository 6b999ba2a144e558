from django.conf import settings
from django.db import models


class Room(models.Model):
    """Two brands that have matched."""

    participants = models.ManyToManyField("brand.Brand", related_name="rooms")
    # One of the brands has blocked the other.
    is_closed = models.BooleanField(default=False)

    def __str__(self):
        return f"room {self.pk}"


class Message(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    # The chat writes rows without this column: Postgres must know its default.
    is_system = models.BooleanField(default=False, db_default=False)

    class Meta:
        # Ids of messages that the new service writes are higher than all of these.
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.text[:40]
