"""The platform writes into the chat by SQL functions, and reads its tables by the ORM."""

from django.db import DatabaseError, models, transaction
from django.db.models.functions import Cast

from aftermatch.functions import edit, post, remove
from aftermatch.models import ChatMessage, ChatUser
from chat.models import Message

from . import market
from .bridge import drained
from .story import Story
from .waiting import until


class FunctionsTest(Story):
    def setUp(self):
        self.one, self.two, self.room = market.match()
        self.chat = self.joined(self.two.user, self.room)

    def test_post_is_delivered_after_commit(self):
        with transaction.atomic():
            number = post(self.room.pk, self.one.user_id, "You have matched.", "match-1")
        event = self.chat.message("You have matched.")
        self.assertEqual((event["id"], event["seq"]), (number, 1))
        self.assertEqual(event["client_msg_id"], "match-1")

    def test_post_again_makes_no_copy(self):
        numbers = {post(self.room.pk, self.one.user_id, "once", "once-1") for _ in range(3)}
        self.assertEqual(len(numbers), 1)
        self.assertEqual(len(self.chat.get("get_room_messages")["results"]), 1)

    def test_rolled_back_post_is_never_delivered(self):
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            post(self.room.pk, self.one.user_id, "never")
            raise ZeroDivisionError
        post(self.room.pk, self.one.user_id, "after it")
        frame = self.chat.event(lambda frame: True, "the next event")
        self.assertEqual((frame["data"]["text"], frame["data"]["seq"]), ("after it", 1))

    def test_wrong_post_is_an_error(self):
        for room, user, text in [
            (0, self.one.user_id, "x"),
            (self.room.pk, 0, "x"),
            (self.room.pk, self.one.user_id, " "),
        ]:
            with self.assertRaises(DatabaseError), transaction.atomic():
                post(room, user, text)

    def test_edit_and_remove_are_delivered(self):
        number = post(self.room.pk, self.one.user_id, "helo")
        edit(number, "hello")
        edited = self.chat.event(lambda frame: frame["action"] == "edit_message", "the edit")[
            "data"
        ]
        self.assertEqual((edited["message_text"], edited["seq"]), ("hello", 2))
        self.assertEqual(remove([number, 0]), [number])
        gone = self.chat.event(lambda frame: frame["action"] == "delete_messages", "the deletion")
        self.assertEqual((gone["data"]["messages_ids"], gone["data"]["seq"]), ([number], 3))

    def test_post_by_admin_screen_is_delivered(self):
        boss = market.administrator()
        self.connected(boss, "admin-chat")
        action = {"action": "remind", "_selected_action": [self.room.pk]}
        reminded = market.screens(boss).post("/admin/chat/room/", action)
        self.assertEqual(reminded.status_code, 302, reminded.content)
        event = self.chat.message("Please follow the rules of the marketplace.")
        self.assertEqual(event["user"]["email"], boss.email)

    def test_post_is_in_platforms_table(self):
        number = post(self.room.pk, self.one.user_id, "in both")
        until(lambda: Message.objects.filter(pk=number, text="in both").exists(), "it is there")


class ModerationTest(Story):
    def setUp(self):
        self.one, self.two, self.room = market.match()
        self.chat = self.joined(self.two.user, self.room)
        self.sent = self.chat.get("create_message", msg_text="a rude word")
        boss = market.administrator()
        self.connected(boss, "admin-chat")
        self.screens = market.screens(boss)
        self.screen = "/admin/aftermatch/chatmessage/"

    def test_screen_shows_messages_of_chat(self):
        page = self.screens.get(self.screen, {"q": "rude"})
        self.assertContains(page, self.two.user.email)
        self.assertContains(page, "a rude word")

    def test_screen_edits_message(self):
        edit = self.screens.post(f"{self.screen}{self.sent['id']}/change/", {"text": "***"})
        self.assertEqual(edit.status_code, 302, edit.content)
        edited = self.chat.event(lambda frame: frame["action"] == "edit_message", "the edit")
        self.assertEqual(edited["data"]["message_text"], "***")

    def test_screen_deletes_messages(self):
        action = {"action": "delete_selected", "_selected_action": [self.sent["id"]], "post": "yes"}
        deleted = self.screens.post(self.screen, action)
        self.assertEqual(deleted.status_code, 302, deleted.content)
        gone = self.chat.event(lambda frame: frame["action"] == "delete_messages", "the deletion")
        self.assertEqual(gone["data"]["messages_ids"], [self.sent["id"]])

    def assertContains(self, page, text):
        self.assertEqual(page.status_code, 200)
        self.assertIn(text, page.content.decode())


class PlainJson(models.Model):
    """The same table with Django's own field."""

    id = models.BigIntegerField(primary_key=True)
    profile = models.JSONField()

    class Meta:
        app_label = "aftermatch"
        managed = False
        db_table = '"aftermatch"."users"'


class UnmanagedModelsTest(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand = market.brand("Gamma")
        drained(cls.name)
        cls.user = ChatUser.objects.get(pk=cls.brand.user_id)

    def test_plain_field_cannot_read_json(self):
        with self.assertRaises(TypeError):
            PlainJson.objects.get(pk=self.user.pk)

    def test_field_reads_json(self):
        self.assertEqual(self.user.profile["email"], self.brand.user.email)
        values = ChatUser.objects.values_list("profile__email", flat=True)
        self.assertIn(self.brand.user.email, values)

    def test_lookups_need_a_cast(self):
        users = ChatUser.objects.annotate(shown=Cast("profile", models.JSONField()))
        self.assertEqual(users.get(shown__email=self.brand.user.email), self.user)
        self.assertEqual(users.get(shown__contains={"id": self.user.pk}), self.user)

    def test_messages_are_joined_with_authors(self):
        message = Message.objects.create(
            room=market.room(self.brand), user=self.brand.user, text="hi"
        )
        found = ChatMessage.objects.select_related("user", "room").filter(pk=message.pk)
        message = until(found.first, "the message is in the chat")
        self.assertEqual((message.user.profile, message.room.last_seq), (self.user.profile, 1))
