"""The platform's own migrations, applied while the bridge runs."""

import tempfile
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from brand.models import Brand
from brand.serializers import BrandSerializer
from chat.models import Message

from . import market
from .bridge import MAPPING, bridge, drained, grant, succeed
from .database import BEFORE
from .story import Story
from .truth import differences, holes
from .waiting import until


def mapping_before():
    """The mapping as it was before the last migrations."""
    mapping = MAPPING.read_text()
    mapping = mapping.replace("b.description, b.city", "b.about AS description, '' AS city")
    mapping = mapping.replace('"description", "city"', '"about"')
    path = Path(tempfile.mkdtemp()) / "bridge.toml"
    path.write_text(mapping)
    return path


class MigrationStory(Story):
    before = True
    mapping = mapping_before()

    def setUp(self):
        state = MigrationExecutor(connection).loader.project_state(
            [(app, f"{number}_initial") for app, number in BEFORE]
        )
        brand, room = state.apps.get_model("brand", "Brand"), state.apps.get_model("chat", "Room")
        self.users = [User.objects.create_user(f"{name}@example.com") for name in ("ann", "bob")]
        self.room = room.objects.create()
        for user in self.users:
            made = brand.objects.create(user_id=user.pk, fullname=user.email, about="so far")
            self.room.participants.add(made)
        self.chat = self.joined(self.users[0], self.room)


class ColumnsTest(MigrationStory):
    def test_renamed_column_delays_no_right(self):
        ann, bob = self.users
        other = self.joined(bob, self.room)
        call_command("migrate", "accounts", verbosity=0)
        call_command("migrate", "brand", verbosity=0)

        # The old mapping names a column that is gone: profiles wait, rights do not.
        brand = Brand.objects.get(user=ann)
        brand.description, brand.city = "new", "Казань"
        brand.save()
        brand.buy(market.tariff("Бизнес"))
        User.objects.filter(pk=bob.pk).update(is_active=False)
        self.assertEqual(other.close_code(), 4401)
        until(lambda: self.chat.get("current_room_info")["has_business"], "the tariff is there")
        code, printed = bridge(self.name, "check", self.mapping)
        self.assertNotEqual(code, 0, printed)
        self.assertIn("about", printed)

        # A process that starts now serves all the same.
        self.service.stop()
        self.service.start()
        Brand.objects.filter(user=ann).update(subscription=None)
        self.chat = self.joined(ann, self.room)
        until(lambda: not self.chat.get("current_room_info")["has_business"], "the tariff is gone")

        # With the new mapping they arrive.
        self.service.stop()
        grant(self.name)
        succeed(self.name, "bridge", "install", MAPPING)
        self.service.environment["CHAT_BRIDGE"] = str(MAPPING)
        self.service.start()
        self.chat = self.joined(ann, self.room)

        def shown():
            return self.chat.get("current_room_info")["participants"]

        until(lambda: BrandSerializer(brand).data in shown(), "the profile is the new one")
        drained(self.name)
        self.assertEqual(differences(self.name), [])


class TableTest(MigrationStory):
    def test_recreated_table_is_drained_again(self):
        columns = "chat_message (room_id, user_id, text, created_at)"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {columns} VALUES (%s, %s, %s, now())",
                [self.room.pk, self.users[1].pk, "before"],
            )
        self.assertEqual(self.chat.message("before")["seq"], 1)
        call_command("migrate", "chat", verbosity=0)
        Message.objects.create(room_id=self.room.pk, user=self.users[1], text="after")
        grant(self.name, self.mapping)
        self.assertEqual(self.chat.message("after")["seq"], 2)
        # The trigger is there again.
        Message.objects.create(room_id=self.room.pk, user=self.users[1], text="again")
        self.assertEqual(self.chat.message("again")["seq"], 3)
        sent = self.chat.get("create_message", msg_text="written back")
        written = Message.objects.filter(pk=sent["id"], text="written back")
        until(written.exists, "the message is in the new table")
        drained(self.name)
        self.assertEqual(holes(self.name), [])
        code, printed = bridge(self.name, "check", self.mapping)
        self.assertEqual(code, 0, printed)
