"""A stand-in of the chat that is replaced: the same frames, on the platform's own tables.

It gives messages no number, and knows no `client_msg_id`.
    python old_service.py PORT
"""

import json
import os
import signal
import sys
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
django.setup()

from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from accounts.models import User
from chat.models import Message, Room
from chat.views import shown

stopping = threading.Event()


def talk(socket):
    """One connection: each request is carried out and answered before it may be closed."""
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
    socket.send(
        json.dumps(
            {
                "errors": [],
                "data": data,
                "action": request["action"],
                "response_status": status,
                "request_id": request["request_id"],
            }
        )
    )


def main():
    server = serve(talk, "127.0.0.1", int(sys.argv[1]), compression=None)

    def stop(*_):
        stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    server.serve_forever()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(5)


main()
