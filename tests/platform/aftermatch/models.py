"""The tables of the chat, to read. Django neither creates nor migrates them."""

from django.db import models

from .fields import JsonField


class ChatUser(models.Model):
    id = models.BigIntegerField(primary_key=True)
    active = models.BooleanField()
    admin = models.BooleanField()
    profile = JsonField()

    class Meta:
        managed = False
        db_table = '"aftermatch"."users"'

    def __str__(self):
        return self.profile.get("email") or str(self.pk)


class ChatRoom(models.Model):
    id = models.BigIntegerField(primary_key=True)
    last_seq = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = '"aftermatch"."rooms"'

    def __str__(self):
        return f"room {self.pk}"


class ChatMessage(models.Model):
    id = models.BigIntegerField(primary_key=True)
    room = models.ForeignKey(ChatRoom, models.DO_NOTHING, related_name="messages")
    user = models.ForeignKey(ChatUser, models.DO_NOTHING, related_name="messages")
    text = models.TextField(null=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    seq = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = '"aftermatch"."messages"'
        verbose_name = "message of the chat"
        verbose_name_plural = "messages of the chat"

    def __str__(self):
        return f"message {self.pk}"
