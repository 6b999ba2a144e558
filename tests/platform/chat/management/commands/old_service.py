import json
import signal
import threading

from django.core.management.base import BaseCommand
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from accounts.models import User
from chat.models import Message, Room
from chat.views import shown

stopping = threading.Event()


class Command(BaseCommand):
    help = """Serves a stand-in of the chat that is replaced: the same frames, on the platform's
    own tables, without numbers of messages and without `client_msg_id`."""

    def add_arguments(self, parser):
        parser.add_argument("port", type=int)

    def handle(self, port, **options):
        server = serve(talk, "127.0.0.1", port, compression=None)

        def stop(*_):
            stopping.set()
            threading.Thread(target=server.shutdown, args=[False]).start()

        signal.signal(signal.SIGTERM, stop)
        server.serve_forever()


def talk(socket):
    """One connection: what was received is carried out and answered before the end."""
    token = socket.request.headers["Authorization"].removeprefix("Bearer ")
    user = User.objects.get(pk=AccessToken(token)["user_id"])
    room = None
    try:
        while not stopping.is_set():
            try:
                request = json.loads(socket.recv(timeout=0.05))
            except TimeoutError:
                continue
            if request["action"] == "join_room":
                room = Room.objects.get(pk=request["room_pk"], participants__user=user)
                answer(socket, request, 200, shown(room))
            elif request["action"] == "create_message":
                message = Message.objects.create(room=room, user=user, text=request["msg_text"])
                answer(socket, request, 201, {"id": message.pk, "text": message.text})
        socket.close(1001)
    except ConnectionClosed:
        pass


def answer(socket, request, status, data):
    frame = {
        "errors": [],
        "data": data,
        "action": request["action"],
        "response_status": status,
        "request_id": request["request_id"],
    }
    socket.send(json.dumps(frame))
