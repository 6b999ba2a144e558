"""What is written in the chat is in the platform's table as well."""

from accounts.models import User
from chat.models import Message

from . import market
from .bridge import bridge, drained
from .chat import Chat
from .database import sql
from .service import Service
from .story import Story
from .truth import differences
from .waiting import until


class WrittenBackTest(Story):
    def test_client_writes_are_in_platforms_table(self):
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        sent = chat.get("create_message", msg_text="hello", client_msg_id="a-1")
        rows = Message.objects.filter(room=room)

        def table():
            return list(rows.values_list("pk", "user_id", "text"))

        until(
            lambda: table() == [(sent["id"], one.user_id, "hello")], "the message is in the table"
        )
        shown = rows.get().created_at.isoformat(timespec="milliseconds")
        self.assertEqual(shown.replace("+00:00", "Z"), sent["created_at"])
        chat.get("edit_message", msg_id=sent["id"], edited_msg_text="hello!")
        until(lambda: table() == [(sent["id"], one.user_id, "hello!")], "the edit is in the table")
        chat.get("delete_messages", msg_id_list=[sent["id"]])
        until(lambda: table() == [], "the message is gone from the table")

    def test_numbers_of_both_sides_differ(self):
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        theirs, ours = [], []
        for number in range(20):
            theirs.append(
                Message.objects.create(room=room, user=two.user, text=f"there {number}").pk
            )
            ours.append(chat.get("create_message", msg_text=f"here {number}")["id"])
        until(lambda: Message.objects.filter(room=room).count() == 40, "all are in the table")
        self.assertEqual(len({*theirs, *ours}), 40)
        last = until(lambda: chat.get("list", limit=1000), "the list")
        [row] = [row for row in last if row["pk"] == room.pk]
        until(
            lambda: len(chat.get("get_room_messages", limit=100)["results"]) == 40, "all are here"
        )
        self.assertLessEqual(row["last_seq"], 40)

    def test_message_does_not_come_back(self):
        """What was written here, and then there, is not delivered a second time."""
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        sent = chat.get("create_message", msg_text="once")
        until(lambda: Message.objects.filter(pk=sent["id"]).exists(), "the message is there")
        Message.objects.create(room=room, user=two.user, text="the next one")
        frame = chat.event(lambda frame: True, "the next event")
        self.assertEqual((frame["data"]["text"], frame["data"]["seq"]), ("the next one", 2))

    def test_platform_edits_message_of_chat(self):
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        sent = chat.get("create_message", msg_text="a rude word")
        until(
            lambda: Message.objects.filter(pk=sent["id"]).update(text="***"), "the message is there"
        )
        edited = chat.event(lambda frame: frame["action"] == "edit_message", "the edit")["data"]
        self.assertEqual((edited["message_id"], edited["message_text"]), (sent["id"], "***"))


class LateStory(Story):
    """Written in the chat while nobody drains, and impossible to write back later."""

    def setUp(self):
        self.one, self.two, self.room = market.match()
        self.other = market.room(self.one, self.two)
        self.joined(self.two.user, self.other).socket.close()
        drained(self.name)
        self.service.stop()
        # A process without CHAT_BRIDGE.
        self.beside = Service(self.name).start()
        self.addCleanup(self.beside.stop)

    def write(self, brand, room, text):
        with Chat(self.beside.url, brand.user) as chat:
            chat.get("join_room", room_pk=room.pk)
            chat.get("create_message", msg_text=text)

    def assert_goes_on(self, text):
        User.objects.filter(pk=self.two.user_id).update(is_staff=True)
        self.service.start()
        self.connected(self.two.user, "admin-chat")
        written = Message.objects.filter(room=self.other, text=text)
        until(written.exists, "the other message is there")
        drained(self.name)
        self.assertEqual(differences(self.name), [])


class RemovedRoomTest(LateStory):
    def test_message_of_removed_room_stops_nothing(self):
        self.write(self.one, self.room, "lost")
        self.write(self.one, self.other, "found")
        self.room.delete()
        self.assert_goes_on("found")


class DeletedUserTest(LateStory):
    def test_message_of_deleted_user_stops_nothing(self):
        self.write(self.one, self.other, "a last word")
        self.write(self.two, self.other, "and then")
        self.one.user.delete()
        self.assert_goes_on("and then")


class RequiredColumnTest(Story):
    def test_message_waits_for_default_of_column(self):
        """Django adds a column that must not be null, and leaves no default."""
        one, two, room = market.match()
        chat = self.joined(one.user, room)
        add = "ADD COLUMN mood integer NOT NULL DEFAULT 0"
        for change in (add, "ALTER COLUMN mood DROP DEFAULT"):
            sql(self.name, f"ALTER TABLE chat_message {change}", user="platform")
        sent = chat.get("create_message", msg_text="without mood")
        columns = "chat_message (room_id, user_id, text, created_at, is_system, mood)"
        values = f"({room.pk}, {two.user_id}, 'with mood', now(), false, 1)"
        sql(self.name, f"INSERT INTO {columns} VALUES {values}", user="platform")
        self.assertEqual(chat.message("with mood")["seq"], 2)
        code, printed = bridge(self.name, "check")
        self.assertNotEqual(code, 0, printed)
        self.assertIn("mood", printed)
        default = "ALTER TABLE chat_message ALTER COLUMN mood SET DEFAULT 0"
        sql(self.name, default, user="platform")
        written = Message.objects.filter(pk=sent["id"])
        until(written.exists, "the message is there", 90)
