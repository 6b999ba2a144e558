"""Somebody who writes in the chat, whatever becomes of the service."""

import threading
import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from .chat import Chat

AWAY = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError)


class Author(threading.Thread):
    """Sends numbered texts, one after the other, each until it is acknowledged."""

    def __init__(self, url, user, room, stopped, pause=0.06):
        super().__init__(daemon=True)
        self.url, self.user, self.room = url, user, room
        self.stopped, self.pause = stopped, pause
        self.chat = None
        self.acknowledged = []  # (id, text)
        self.times = []
        self.refusals = []

    def run(self):
        while not self.stopped.is_set():
            text = f"{self.user.pk}: {len(self.acknowledged) + 1}"
            while not self.sent(text):
                time.sleep(0.02)
            time.sleep(self.pause)
        if self.chat:
            self.chat.socket.close()

    def sent(self, text):
        try:
            if self.chat is None:
                chat = Chat(self.url, self.user, timeout=5)
                joined = chat.ask("join_room", room_pk=self.room.pk)
                if joined["errors"]:
                    self.refusals.append(joined)
                    return False
                self.chat = chat
            name = text.replace(": ", "-")
            response = self.chat.ask("create_message", msg_text=text, client_msg_id=name)
        except AWAY:
            self.chat = None
            return False
        if response["errors"]:
            self.refusals.append(response)
            return False
        self.acknowledged.append((response["data"].get("id"), text))
        self.times.append(time.monotonic())
        return True

    def longest_break(self):
        return max(after - before for before, after in zip(self.times, self.times[1:]))
