"""Moderation. What is done here arrives at connected clients at once."""

from django.contrib import admin

from .functions import edit, remove
from .models import ChatMessage


@admin.register(ChatMessage)
class ChatMessageAdmin(admin.ModelAdmin):
    list_display = ["room", "seq", "user", "text", "created_at", "edited_at"]
    list_select_related = ["room", "user"]
    search_fields = ["text"]
    ordering = ["-created_at", "-id"]
    fields = ["room", "user", "text", "created_at"]
    readonly_fields = ["room", "user", "created_at"]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None)

    def has_add_permission(self, request):
        return False

    def save_model(self, request, message, form, change):
        edit(message.pk, message.text)

    def delete_model(self, request, message):
        remove([message.pk], by=request.user.pk)

    def delete_queryset(self, request, messages):
        remove(messages.values_list("pk", flat=True), by=request.user.pk)
