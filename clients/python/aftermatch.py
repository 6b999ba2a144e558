"""A client of the Aftermatch chat service, to be copied and changed. It needs Python 3.11 and the
package `websockets`.

It is in one room. When the connection breaks it connects again, joins the room again and receives
what it missed. A message that got no response is sent again, and is stored once.
"""

import asyncio
import json
import random
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

EVENTS = ("create_message", "edit_message", "delete_messages")
REJOIN = ("restarted", "behind")  # a room closed so can be joined again at once
FINAL = (4403, 1002, 1007)  # the user has lost the right, or this client is wrong
STABLE = 10  # a connection of more seconds resets the delays


class Refused(Exception):
    """What cannot mend: `code` is the `error_code`, the reason of `room_closed`, or the status."""

    def __init__(self, code, sentences=()):
        super().__init__("; ".join(sentences) or str(code))
        self.code = code


def pause(tries):
    """Seconds, random: clients must not all come back at once."""
    return min(30, 0.5 * 2 ** min(tries, 6)) * random.uniform(0.5, 1)


class Chat:
    """`token()` is asked before each connection. `event(action, data)` gets each event of the room
    once, in order. After `reset()` the room must be read again with `get_room_messages`."""

    def __init__(self, url, origin, token, room, event, reset):
        self.url, self.origin, self.token, self.room = url, origin, token, room
        self.event, self.reset = event, reset
        self.seq = self.epoch = self.socket = self.join_id = None
        self.waiting, self.joined, self.tries = {}, asyncio.Event(), 0

    async def run(self):
        """Stays connected, and raises `Refused` when that cannot succeed any more."""
        loop, unauthorized = asyncio.get_running_loop(), 0
        while True:
            started = loop.time()
            try:
                await self.connection()
            except InvalidStatus as answer:
                status = answer.response.status_code
                unauthorized += status == 401
                # The token may just have ended. A second one that is refused says something else.
                if status < 500 and (status != 401 or unauthorized > 1):
                    raise Refused(status) from answer
            except ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code in FINAL:
                    raise Refused(closed.rcvd.code) from closed
            except (OSError, InvalidHandshake):
                pass  # no network, or no service
            if loop.time() - started > STABLE:
                self.tries = unauthorized = 0
            await asyncio.sleep(pause(self.tries))
            self.tries += 1

    async def connection(self):
        # Without a pong in time the line is dead, and the connection ends.
        options = {"origin": self.origin, "ping_interval": 20, "ping_timeout": 20, "max_size": None}
        headers = {"Authorization": f"Bearer {await self.token()}"}
        try:
            async with connect(f"{self.url}/ws/chat/", additional_headers=headers, **options) as self.socket:
                await self.join()
                async for text in self.socket:
                    await self.received(json.loads(text))
        finally:
            self.joined.clear()
            self.lost(self.socket and self.socket.close_code)

    def lost(self, code):
        """Nothing waits any more. After 1009 the longest request was too long for the service."""
        waiting = sorted(self.waiting.values(), key=lambda one: one[1])
        self.waiting.clear()
        if waiting and code == 1009:
            waiting.pop()[0].set_exception(Refused("frame_too_large"))
        for response, _ in waiting:
            response.done() or response.set_result(None)

    async def join(self):
        self.joined.clear()
        self.join_id = str(uuid.uuid4())
        known = {"since_seq": self.seq, "epoch": self.epoch} if self.seq is not None else {}
        request = {"action": "join_room", "room_pk": self.room, **known, "request_id": self.join_id}
        await self.write(json.dumps(request))

    async def received(self, frame):
        action, data, request_id = frame["action"], frame["data"], frame["request_id"]
        if action == "join_room" and request_id == self.join_id:
            await self.answered(frame)
        elif action == "room_closed" and data["room_pk"] == self.room:
            if data["reason"] not in REJOIN:
                raise Refused(data["reason"])
            await self.join()
        # The response to a message that was sent again (200) is no event.
        elif action in EVENTS and data and "seq" in data and self.joined.is_set():
            again = action == "create_message" and frame["response_status"] == 200 and not frame.get("replay")
            if data["seq"] > self.seq and not again:
                self.seq = data["seq"]
                self.event(action, data)
        # Everyone in the room sees ids, so the action must be the same, too.
        response, _ = self.waiting.pop((request_id, action), (None, 0))
        response and response.set_result(frame)

    async def answered(self, frame):
        """The response to `join_room`: what was missed follows, or must be read."""
        if frame["response_status"] in (429, 503):
            await asyncio.sleep(frame.get("retry_after_ms", pause(self.tries) * 1000) / 1000)
            self.tries += 1
            return await self.join()
        if frame.get("error_code"):
            raise Refused(frame["error_code"], frame["errors"])
        room = frame["data"]
        if not room.get("resumed"):
            first, self.seq = self.seq is None, room["last_seq"]
            first or self.reset()
        self.epoch = room["epoch"]
        self.joined.set()

    async def send(self, text):
        """Creates one message, however often the connection breaks."""
        return await self.request("create_message", msg_text=text, client_msg_id=str(uuid.uuid4()))

    async def request(self, action, **parameters):
        """Sends a request until there is an answer, so it must be one that can be sent twice."""
        tries = 0
        while True:
            await self.joined.wait()
            frame = await self.attempt(action, parameters)
            if frame and not frame.get("error_code"):
                return frame["data"]
            lost = frame and frame["error_code"] == "not_in_room" and not self.joined.is_set()
            if frame and frame["response_status"] not in (429, 503) and not lost:
                raise Refused(frame["error_code"], frame["errors"])
            await asyncio.sleep((frame or {}).get("retry_after_ms", pause(tries) * 1000) / 1000)
            tries += 1

    async def attempt(self, action, parameters):
        """The response, or `None` if the connection broke before."""
        request_id = str(uuid.uuid4())
        text = json.dumps({"action": action, **parameters, "request_id": request_id})
        response = asyncio.get_running_loop().create_future()
        self.waiting[request_id, action] = response, len(text)
        await self.write(text)
        try:
            return await response
        finally:
            self.waiting.pop((request_id, action), None)

    async def write(self, text):
        try:
            await self.socket.send(text)
        except ConnectionClosed:
            pass  # `run` connects again
