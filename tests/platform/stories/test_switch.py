"""From the old service to the new one and back, while eight people write."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from . import market
from .author import Author
from .bridge import bridge, drained
from .database import sql
from .nginx import Nginx
from .ports import free_port
from .story import Story
from .truth import differences, holes
from .waiting import until

ROOT = Path(__file__).parent.parent


class OldService:
    def __init__(self, database):
        self.database = database
        self.port = free_port()

    def start(self):
        environment = {**os.environ, "PGDATABASE": self.database}
        command = [sys.executable, "manage.py", "old_service", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        until(self.answers, "the old service runs")
        return self

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class SwitchTest(Story):
    def test_switch_loses_and_doubles_nothing(self):
        rooms = [market.match() for _ in range(4)]
        people = [(brand.user, room) for *brands, room in rooms for brand in brands]
        drained(self.name)
        old = OldService(self.name).start()
        self.addCleanup(lambda: old.stop())
        nginx = Nginx(old.port)
        self.addCleanup(nginx.stop)

        stopped = threading.Event()
        authors = [Author(nginx.url, user, room, stopped) for user, room in people]
        for author in authors:
            author.start()

        def acknowledged():
            return sum(len(author.acknowledged) for author in authors)

        def written(more):
            enough = acknowledged() + more
            until(lambda: acknowledged() >= enough, f"{enough} messages are acknowledged", 60)

        written(200)
        # To the new service: it runs already, and drains.
        nginx.lead_to(self.service.port)
        old.stop()
        written(300)
        # And back: the restart of the new service ends its connections; it goes on draining.
        old.start()
        nginx.lead_to(old.port)
        self.service.stop()
        self.service.start()
        written(200)
        stopped.set()
        for author in authors:
            author.join(30)
        drained(self.name)

        texts = sorted(text for author in authors for _, text in author.acknowledged)
        breaks = max(author.longest_break() for author in authors)
        print(f"\nswitch: {len(texts)} acknowledged, the longest break {breaks:.2f} s")
        self.assertEqual([author.refusals for author in authors], [[]] * 8)
        for table in ("chat_message", "aftermatch.messages"):
            stored = [text for (text,) in sql(self.name, f"SELECT text FROM {table}")]
            self.assertEqual(sorted(stored), texts, table)
        self.assertEqual(differences(self.name), [])
        self.assertEqual(holes(self.name), [])
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 0, printed)
