from django.contrib import admin

from .models import Message, Room

admin.site.register(Room)


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ["room", "user", "text", "created_at"]
    list_select_related = ["room", "user"]
    raw_id_fields = ["room", "user"]
