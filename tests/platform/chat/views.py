from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from brand.models import Brand
from brand.serializers import BrandSerializer

from .models import Message, Room


def shown(room):
    brands = BrandSerializer(room.participants.order_by("id"), many=True).data
    return {"id": room.pk, "participants": brands}


class Matches(APIView):
    def get(self, request):
        rooms = Room.objects.filter(participants__user=request.user).order_by("id")
        return Response([shown(room) for room in rooms])

    @transaction.atomic
    def post(self, request):
        own = get_object_or_404(Brand, user=request.user)
        other = get_object_or_404(Brand.objects.exclude(pk=own.pk), pk=request.data.get("brand"))
        room = Room.objects.create()
        room.participants.set([own, other])
        # The chat learns of the room after this transaction, so its first message is
        # written here and not by `aftermatch.post`.
        Message.objects.create(room=room, user=request.user, text="You have matched.")
        return Response(shown(room), status.HTTP_201_CREATED)
