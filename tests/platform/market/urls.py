from django.contrib import admin
from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView

from brand.views import BrandList, BuyTariff
from chat.views import Matches

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/brands/", BrandList.as_view()),
    path("api/tariff/", BuyTariff.as_view()),
    path("api/matches/", Matches.as_view()),
]
