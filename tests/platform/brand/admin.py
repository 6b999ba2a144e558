from django.contrib import admin

from .models import Brand, Subscription

admin.site.register(Subscription)


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin):
    list_display = ["fullname", "category", "subscription", "sub_expire"]
    list_filter = ["category", "subscription"]
    search_fields = ["fullname", "user__email"]
