"""A client of the chat."""

import json
import time
from uuid import uuid4

from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Chat:
    """A connection of a user, with the token that the platform's own library makes."""

    def __init__(self, url, user, endpoint="chat", timeout=20):
        self.timeout = timeout
        self.socket = connect(
            f"{url}/ws/{endpoint}/",
            origin="http://localhost",
            additional_headers={"Authorization": f"Bearer {AccessToken.for_user(user)}"},
            open_timeout=timeout,
            compression=None,
        )
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, action, **parameters):
        """Sends a request, and returns its response. Events that come before it wait."""
        request_id = str(uuid4())
        request = {"action": action, **parameters, "request_id": request_id}
        self.socket.send(json.dumps(request))
        deadline = time.monotonic() + self.timeout
        while True:
            frame = self.receive(deadline)
            if (frame["request_id"], frame["action"]) == (request_id, action):
                return frame
            self.events.append(frame)

    def get(self, action, **parameters):
        """The `data` of a response that must be a success."""
        response = self.ask(action, **parameters)
        assert not response["errors"], response
        return response["data"]

    def event(self, matches, what):
        """The first event that `matches`; those before it are dropped."""
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                frame = self.events.pop(0) if self.events else self.receive(deadline)
            except TimeoutError:
                raise AssertionError(f"not within {self.timeout} s: {what}") from None
            if matches(frame):
                return frame

    def message(self, text):
        """The event of a new message with this text."""
        return self.event(
            lambda frame: frame["action"] == "create_message" and frame["data"]["text"] == text,
            f"the message {text!r}",
        )["data"]

    def close_code(self):
        """Waits until the service closes the connection."""
        deadline = time.monotonic() + self.timeout
        try:
            while True:
                self.receive(deadline)
        except ConnectionClosed as closed:
            return closed.rcvd and closed.rcvd.code

    def receive(self, deadline):
        return json.loads(self.socket.recv(timeout=max(deadline - time.monotonic(), 0.001)))
