import unittest

from websockets.exceptions import InvalidStatus

from . import database
from .bridge import MAPPING, adopt
from .chat import Chat
from .service import Service
from .waiting import until


class Story(unittest.TestCase):
    """A platform whose database was adopted, and a service that drains while it serves."""

    mapping = MAPPING
    before = False  # whether the platform's last migrations are still to come

    @classmethod
    def setUpClass(cls):
        cls.name = database.make(cls.before)
        cls.addClassCleanup(database.drop, cls.name)
        adopt(cls.name, cls.mapping)
        cls.service = cls.serve(bridge=cls.mapping)

    @classmethod
    def serve(cls, **settings):
        service = Service(cls.name, **settings)
        cls.addClassCleanup(service.stop)
        return service.start()

    def run(self, result=None):
        failures = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > failures:
            print(f"\nthe log of the service:\n{self.service.logged()}")
        return result

    def connected(self, user, endpoint="chat"):
        """A connection, as soon as the chat has the user and the brand."""

        def connect():
            try:
                return Chat(self.service.url, user, endpoint)
            except InvalidStatus as refused:
                assert refused.response.status_code in (401, 403), refused
                return None

        chat = until(connect, f"{user} can connect")
        self.addCleanup(chat.socket.close)
        return chat

    def joined(self, user, room, endpoint="chat"):
        """A connection in the room, as soon as the chat has the room."""
        chat = self.connected(user, endpoint)
        until(lambda: not chat.ask("join_room", room_pk=room.pk)["errors"], f"{room} is there")
        return chat
