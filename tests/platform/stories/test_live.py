"""What the platform does arrives in the chat while people are connected."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.serializers import UserSerializer
from brand.models import Brand
from brand.serializers import BrandSerializer
from chat.models import Message, Room

from . import market
from .chat import Chat
from .story import Story
from .waiting import until


class PlatformWritesTest(Story):
    def test_match_by_rest_is_listed(self):
        one, two = market.brand("Alpha"), market.brand("Beta")
        chat = self.connected(one.user)
        matched = market.api(one.user).post("/api/matches/", {"brand": two.pk}).json()

        def listed():
            rooms = {room["pk"]: room for room in chat.get("list")}
            room = rooms.get(matched["id"])
            # The message of the same transaction may be a moment later.
            return (
                room if room and len(room["participants"]) == 2 and room["last_message"] else None
            )

        room = until(listed, "the room is in `list`")
        self.assertCountEqual(room["participants"], [BrandSerializer(b).data for b in (one, two)])
        self.assertEqual(room["last_message"]["text"], "You have matched.")
        self.assertEqual(room["last_message"]["user"], UserSerializer(one.user).data)
        self.assertEqual((room["last_seq"], room["has_business"]), (1, False))

    def test_tariff_by_rest_opens_pen(self):
        market.tariff("Бизнес")
        one, two, room = market.match()
        boss = self.joined(market.administrator(), room, "admin-chat")
        refused = boss.ask("create_message", msg_text="good day")
        self.assertEqual(refused["error_code"], "business_required")
        bought = market.api(two.user).post("/api/tariff/", {"name": "Бизнес"})
        self.assertEqual(bought.status_code, 200)
        until(
            lambda: not boss.ask("create_message", msg_text="good day")["errors"], "the pen is open"
        )

    def test_closed_room_is_frozen(self):
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        Room.objects.filter(pk=room.pk).update(is_closed=True)
        until(lambda: chat.ask("create_message", msg_text="hi")["errors"], "the room is frozen")
        refused = chat.ask("create_message", msg_text="hi")
        self.assertEqual(refused["error_code"], "room_frozen")
        Room.objects.filter(pk=room.pk).update(is_closed=False)
        until(lambda: not chat.ask("typing")["errors"], "the room is open")

    def test_tariff_ends_after_its_last_day(self):
        today = timezone.now().date()
        business = market.tariff("Бизнес")
        one, two, room = market.match()
        Brand.objects.filter(pk=one.pk).update(subscription=business, sub_expire=today)
        chat = self.joined(two.user, room)

        def has_business():
            return chat.get("current_room_info")["has_business"]

        until(has_business, "the last day is paid for")
        Brand.objects.filter(pk=one.pk).update(sub_expire=today - timedelta(days=1))
        until(lambda: not has_business(), "the tariff has ended")

    def test_renamed_tariff_reaches_its_brands(self):
        plan = market.tariff("Пробный")
        one, two, room = market.match()
        one.buy(plan)
        chat = self.joined(two.user, room)
        self.assertFalse(chat.get("current_room_info")["has_business"])
        plan.name = "Бизнес"
        market.tariff("Бизнес").delete()
        plan.save()
        until(lambda: chat.get("current_room_info")["has_business"], "the brand has the tariff")

    def test_bulk_deactivation_closes_with_4401(self):
        one, two, room = market.match()
        chats = [self.joined(brand.user, room) for brand in (one, two)]
        User.objects.filter(pk__in=[one.user_id, two.user_id]).update(is_active=False)
        self.assertEqual([chat.close_code() for chat in chats], [4401, 4401])

    def test_deactivation_by_admin_screen_closes(self):
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        action = {"action": "deactivate", "_selected_action": [one.user_id]}
        market.screens(market.administrator()).post("/admin/accounts/user/", action)
        self.assertEqual(chat.close_code(), 4401)

    def test_message_by_orm_is_delivered_live(self):
        one, two, room = market.match()
        chats = [self.joined(brand.user, room) for brand in (one, two)]
        written = Message.objects.create(room=room, user=one.user, text="привет 👋")
        for chat in chats:
            event = chat.message("привет 👋")
            self.assertEqual((event["id"], event["seq"]), (written.pk, 1))
            self.assertEqual(event["user"], UserSerializer(one.user).data)

    def test_message_by_admin_screen_is_delivered(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        boss = market.administrator()
        form = {"room": room.pk, "user": boss.pk, "text": "please be kind"}
        sent = market.screens(boss).post("/admin/chat/message/add/", form)
        self.assertEqual(sent.status_code, 302, sent.content)
        self.assertEqual(chat.message("please be kind")["user"]["id"], boss.pk)

    def test_bulk_messages_arrive_in_order(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        texts = [f"bulk {number}" for number in range(50)]
        Message.objects.bulk_create(Message(room=room, user=one.user, text=text) for text in texts)
        events = [chat.message(text) for text in texts]
        self.assertEqual([event["seq"] for event in events], list(range(1, 51)))

    def test_two_processes_deliver_once_each(self):
        one, two, room = market.match()
        here = self.joined(one.user, room)
        second = self.serve(bridge=self.mapping)
        with Chat(second.url, two.user) as there:
            there.get("join_room", room_pk=room.pk)
            for number in range(20):
                Message.objects.create(room=room, user=one.user, text=f"both {number}")
            for chat in (here, there):
                events = [chat.event(lambda frame: True, "an event")["data"] for _ in range(20)]
                self.assertEqual([event["seq"] for event in events], list(range(1, 21)))

    def test_edit_and_deletion_by_orm_arrive(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        message = Message.objects.create(room=room, user=one.user, text="helo")
        chat.message("helo")
        Message.objects.filter(pk=message.pk).update(text="hello")
        edited = chat.event(lambda frame: frame["action"] == "edit_message", "the edit")["data"]
        self.assertEqual((edited["message_id"], edited["message_text"]), (message.pk, "hello"))
        number = message.pk
        message.delete()
        deleted = chat.event(lambda frame: frame["action"] == "delete_messages", "the deletion")
        self.assertEqual((deleted["data"]["messages_ids"], deleted["data"]["seq"]), ([number], 3))

    def test_rolled_back_message_never_arrives(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            Message.objects.create(room=room, user=one.user, text="never")
            raise ZeroDivisionError
        Message.objects.create(room=room, user=one.user, text="after it")
        frame = chat.event(lambda frame: frame["action"] == "create_message", "a message")
        self.assertEqual((frame["data"]["text"], frame["data"]["seq"]), ("after it", 1))

    def test_deleted_user_leaves_messages(self):
        one, two, room = market.match()
        ended, chat = self.joined(one.user, room), self.joined(two.user, room)
        Message.objects.create(room=room, user=one.user, text="farewell")
        chat.message("farewell")
        number = one.user_id
        one.user.delete()
        self.assertEqual(ended.close_code(), 4401)
        [message] = chat.get("get_room_messages")["results"]
        self.assertEqual((message["text"], message["user"]["id"]), ("farewell", number))

    def test_message_without_user_has_ghost(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        Message.objects.create(room=room, user=None, text="from nobody")
        self.assertEqual(chat.message("from nobody")["user"]["id"], -1)

    def test_brand_taken_out_loses_room(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        room.participants.remove(two)
        closed = chat.event(lambda frame: frame["action"] == "room_closed", "the end of the seat")
        self.assertEqual(closed["data"], {"room_pk": room.pk, "reason": "brand_removed"})

    def test_deleted_room_is_closed(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        Message.objects.create(room=room, user=one.user, text="a last one")
        chat.message("a last one")
        number = room.pk
        room.delete()
        closed = chat.event(lambda frame: frame["action"] == "room_closed", "the end of the room")
        self.assertEqual(closed["data"]["room_pk"], number)

    def test_changed_profile_is_shown(self):
        one, two, room = market.match()
        chat = self.joined(two.user, room)
        one.city, one.photo = "Казань", "brands/alpha.png"
        one.save()

        def shown():
            return chat.get("current_room_info")["participants"]

        until(lambda: BrandSerializer(one).data in shown(), "the profile as the API shows it")
