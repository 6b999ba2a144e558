"""Tries the client with the real service, whose program `AFTERMATCH` names, through a line that
can be cut."""

import asyncio
import os
import re
import subprocess
import unittest

from aftermatch import Chat, Refused

SECRET = {"CHAT_JWT_SECRET": "a secret for the tests of the Python client", "PATH": os.environ["PATH"]}
ORIGIN = "http://localhost"
VERA, OLEG = 1, 2


def token(user):
    command = [os.environ["AFTERMATCH"], "token", "--user", str(user), "--ttl", "1h"]
    return subprocess.run(command, env=SECRET, check=True, capture_output=True, text=True).stdout.strip()


class Line:
    """A line to the service: `cut` ends its connections, and while it is `down` there are none."""

    def __init__(self, port):
        self.port, self.writers, self.down = port, [], False

    async def serve(self, reader, writer):
        if self.down:
            return writer.close()
        there, out = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers += [writer, out]
        await asyncio.gather(self.copy(reader, out), self.copy(there, writer))

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()

    def cut(self):
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


class ChatTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        command = [os.environ["AFTERMATCH"], "serve", "--listen", "127.0.0.1:0"]
        output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.service = await asyncio.create_subprocess_exec(*command, env=SECRET, **output)
        while not (found := re.search(rb"listening.*?127\.0\.0\.1:(\d+)", await self.service.stderr.readline())):
            pass
        self.line = Line(int(found[1]))
        self.server = await asyncio.start_server(self.line.serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.running = []

    async def asyncTearDown(self):
        for task in self.running:
            task.cancel()
        self.line.cut()
        self.server.close()
        self.service.kill()
        await self.service.wait()
        self.service._transport.close()

    def chat(self, user, room=1, secret=None):
        seen = asyncio.Queue()

        async def current():
            return secret or token(user)

        event = lambda action, data: seen.put_nowait((action, data.get("text")))
        chat = Chat(self.url, ORIGIN, current, room, event, lambda: seen.put_nowait(("reset", None)))
        self.running.append(asyncio.create_task(chat.run()))
        return chat, seen, self.running[-1]

    async def test_message_is_received_by_both(self):
        (vera, seen_by_vera, _), (oleg, seen_by_oleg, _) = self.chat(VERA), self.chat(OLEG)
        await oleg.joined.wait()
        written = await vera.send("from Python")
        self.assertEqual(written["text"], "from Python")
        for seen in (seen_by_vera, seen_by_oleg):
            self.assertEqual(await seen.get(), ("create_message", "from Python"))

    async def test_cuts_lose_no_message_and_repeat_none(self):
        (vera, seen, _), (oleg, _, _) = self.chat(VERA), self.chat(OLEG)
        await asyncio.gather(vera.joined.wait(), oleg.joined.wait())
        texts = []
        for nth in range(5):
            self.line.cut()
            texts += [f"vera {nth}", f"oleg {nth}"]
            await asyncio.gather(vera.send(texts[-2]), oleg.send(texts[-1]))
        received = [await seen.get() for _ in texts]
        self.assertCountEqual(received, [("create_message", text) for text in texts])
        history = await vera.request("get_room_messages", after_seq=vera.seq - len(texts))
        self.assertCountEqual([message["text"] for message in history["results"]], texts)

    async def test_what_was_missed_follows(self):
        (vera, seen, _), (oleg, _, _) = self.chat(VERA), self.chat(OLEG)
        await asyncio.gather(vera.joined.wait(), oleg.joined.wait())
        self.line.down = True
        self.line.cut()
        sending = asyncio.create_task(vera.send("written without a line"))
        self.line.down = False
        await oleg.send("written meanwhile")
        await sending
        received = {(await seen.get())[1], (await seen.get())[1]}
        self.assertEqual(received, {"written without a line", "written meanwhile"})

    async def test_what_cannot_mend_ends_the_client(self):
        for arguments, code in [((VERA, 2), "room_forbidden"), ((VERA, 1, "not.a.token"), 401)]:
            _, _, running = self.chat(*arguments)
            with self.assertRaises(Refused) as refused:
                await running
            self.assertEqual(refused.exception.code, code)

    async def test_too_long_message_fails_alone(self):
        vera, _, _ = self.chat(VERA)
        too_long = asyncio.create_task(vera.send("x" * 100_000))
        with self.assertRaises(Refused) as refused:
            await too_long
        self.assertEqual(refused.exception.code, "frame_too_large")
        self.assertEqual((await vera.send("short"))["text"], "short")

    async def test_refused_message_says_why(self):
        vera, _, _ = self.chat(VERA)
        with self.assertRaises(Refused) as refused:
            await vera.send("   ")
        self.assertEqual(refused.exception.code, "text_blank")


if __name__ == "__main__":
    unittest.main()
