from django.shortcuts import get_object_or_404
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Brand, Subscription
from .serializers import BrandSerializer


class BrandList(ListAPIView):
    queryset = Brand.objects.order_by("id")
    serializer_class = BrandSerializer


class BuyTariff(APIView):
    def post(self, request):
        subscription = get_object_or_404(Subscription, name=request.data.get("name"))
        brand = get_object_or_404(Brand, user=request.user)
        brand.buy(subscription)
        return Response({"tariff": subscription.name, "until": brand.sub_expire})
