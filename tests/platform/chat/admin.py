from django.contrib import admin
from django.db import transaction

from aftermatch.functions import post

from .models import Message, Room


@admin.action(description="Remind of the rules")
@transaction.atomic
def remind(modeladmin, request, rooms):
    # In the order of their ids, as the service locks rooms: no deadlock.
    for room in rooms.order_by("pk"):
        post(room.pk, request.user.pk, "Please follow the rules of the marketplace.")


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    actions = [remind]


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ["room", "user", "text", "created_at"]
    list_select_related = ["room", "user"]
    raw_id_fields = ["room", "user"]
