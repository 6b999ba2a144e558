"""Thousands of transactions, while the process that drains is killed again and again."""

import os
import random
import signal
import threading
import time

from accounts.models import User
from brand.models import Brand
from chat.models import Room

from . import market
from .author import Author
from .bridge import bridge, drained
from .database import sql
from .storm import Storm
from .story import Story
from .truth import differences, holes

SECONDS = int(os.environ.get("STORM_SECONDS", "30"))


class StormTest(Story):
    def test_nothing_differs_after_storm(self):
        for name in ("Лайт", "Комфорт", "Бизнес", "Пробный"):
            market.tariff(name)
        brands = [market.brand(f"Brand{number}") for number in range(30)]
        for one, two in zip(brands, brands[1:]):
            market.room(one, two)
        brand = market.brand("Author")
        room = market.room(brand)
        spared = {User: brand.user, Brand: brand, Room: room}

        seed = random.randrange(10**6)
        stopped = threading.Event()
        storms = [Storm(f"{seed}-{number}", spared, stopped) for number in range(3)]
        author = Author(self.service.url, brand.user, room, stopped)
        threads = [*storms, author]
        for thread in threads:
            thread.start()
        for _ in range(SECONDS):
            time.sleep(1)
            self.service.stop(signal.SIGKILL)
            self.service.start()
        stopped.set()
        for thread in threads:
            thread.join(60)

        whats = ("committed", "rolled_back", "refused")
        counts = {what: sum(getattr(storm, what) for storm in storms) for what in whats}
        print(f"\nstorm {seed}: {counts}, {SECONDS} kills, {len(author.acknowledged)} acknowledged")
        drained(self.name)
        self.assertEqual(differences(self.name), [])
        self.assertEqual(holes(self.name), [])
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 0, printed)
        stored = dict(sql(self.name, "SELECT id, 1 FROM aftermatch.messages"))
        self.assertEqual([sent for sent in author.acknowledged if sent[0] not in stored], [])
