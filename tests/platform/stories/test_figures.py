"""How long things take, and what the triggers cost. Only printed."""

import time
from statistics import quantiles

from django.db import transaction

from accounts.models import User
from chat.models import Message

from . import market
from .bridge import drained
from .database import sql
from .figures import Figures
from .story import Story
from .waiting import until

TIMES = 30
# Each ratio scatters by a tenth.
ROUNDS = 40
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text IN ('chat_message', 'brand_brand', 'accounts_user')
"""


class LatencyTest(Story):
    def test_print_latencies(self):
        figures = Figures()
        market.tariff("Бизнес")
        for number in range(TIMES):
            one, two = market.brand("One"), market.brand("Two")
            chat = self.connected(one.user)
            with figures.measured("a room of the ORM until it is in `list`"):
                room = market.room(one, two)
                until(lambda: any(row["pk"] == room.pk for row in chat.get("list")), "the room")
            boss = self.joined(market.administrator(), room, "admin-chat")
            api = market.api(two.user)
            with figures.measured("a tariff until administrators may write"):
                api.post("/api/tariff/", {"name": "Бизнес"})
                until(lambda: not boss.ask("typing")["errors"], "the pen is open")
            self.joined_now(chat, room)
            with figures.measured("a message of the ORM until it is delivered"):
                Message.objects.create(room=room, user=two.user, text=f"there {number}")
                chat.message(f"there {number}")
            with figures.measured("a message of a client until it is in the platform's table"):
                sent = chat.get("create_message", msg_text="here")
                until(Message.objects.filter(pk=sent["id"]).exists, "the message")
            with figures.measured("a deactivation until the connection is closed"):
                User.objects.filter(pk=one.user_id).update(is_active=False)
                self.assertEqual(chat.close_code(), 4401)
        figures.show()

    def joined_now(self, chat, room):
        until(
            lambda: not chat.ask("join_room", room_pk=room.pk)["errors"], "the room can be joined"
        )


class BulkTest(Story):
    def test_print_bulk_in_new_database(self):
        """Postgres has no statistics of these tables yet."""
        one, two, room = market.match()
        boss = self.connected(market.administrator(), "admin-chat")
        drained(self.name)
        figures = Figures()
        rows = [Message(room=room, user=one.user, text=f"bulk {number}") for number in range(2000)]
        with figures.measured("2000 messages of `bulk_create` until the chat has them"):
            Message.objects.bulk_create(rows)
            with figures.measured("a deactivation meanwhile"):
                User.objects.filter(is_staff=True).update(is_active=False)
                boss.timeout = 120
                self.assertEqual(boss.close_code(), 4401)
            drained(self.name, 120)
        figures.show()


class CostTest(Story):
    def test_print_cost_of_triggers(self):
        one, two, room = market.match()
        self.service.stop()
        triggers = sql(self.name, TRIGGERS)
        self.assertTrue(triggers)
        ratios = {}
        for nth in range(ROUNDS):
            # Which of the two comes first takes turns: what is second finds more rows.
            seconds = {}
            for switch in sorted(["DISABLE", "ENABLE"], reverse=nth % 2):
                self.switch(triggers, switch)
                seconds[switch] = self.seconds(one, room)
            for what, with_triggers in seconds["ENABLE"].items():
                ratio = with_triggers / seconds["DISABLE"][what]
                ratios.setdefault(what, []).append(ratio)
        self.switch(triggers, "ENABLE")
        for what, each in ratios.items():
            low, middle, high = quantiles(each, n=4)
            print(f"\n{what}: {middle:.2f} x with triggers ({low:.2f} to {high:.2f})", end="")
        print(f"\n1000 rows of one `update` take {self.ids_of_update()} transaction ids")
        self.service.start()
        drained(self.name, 180)

    def switch(self, triggers, switch):
        for table, trigger in triggers:
            sql(self.name, f'ALTER TABLE {table} {switch} TRIGGER "{trigger}"', user="platform")

    def seconds(self, brand, room):
        seconds = {}
        for what, work in self.works(brand, room).items():
            start = time.perf_counter()
            work()
            seconds[what] = time.perf_counter() - start
        return seconds

    def ids_of_update(self):
        """Many make the snapshots of all other sessions slow."""
        now = "SELECT pg_current_xact_id()::text::bigint"
        [(before,)] = sql(self.name, now)
        Message.objects.filter(pk__in=list(self.newest())).update(text="again")
        [(after,)] = sql(self.name, now)
        return after - before

    def newest(self):
        return Message.objects.order_by("-pk").values_list("pk", flat=True)[:1000]

    def works(self, brand, room):
        def single():
            for number in range(200):
                Message.objects.create(room=room, user=brand.user, text=f"single {number}")

        def bulk():
            rows = [
                Message(room=room, user=brand.user, text=f"bulk {number}") for number in range(1000)
            ]
            Message.objects.bulk_create(rows)

        def update():
            Message.objects.filter(pk__in=list(self.newest())).update(text=str(time.monotonic()))

        @transaction.atomic
        def profiles():
            for _ in range(200):
                brand.description = f"profile {time.monotonic()}"
                brand.save()

        return {
            "200 messages, a transaction each": single,
            "1000 messages by `bulk_create`": bulk,
            "1000 messages by one `update`": update,
            "200 saves of a brand in one transaction": profiles,
        }
