from django.contrib import admin

from .models import User


@admin.action(description="Deactivate")
def deactivate(modeladmin, request, users):
    # Sends no signals: a receiver of `post_save` would not notice.
    users.update(is_active=False)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ["email", "phone", "is_active", "is_staff"]
    search_fields = ["email"]
    fields = ["email", "phone", "is_active", "is_staff"]
    actions = [deactivate]
