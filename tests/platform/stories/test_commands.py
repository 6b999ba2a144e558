"""`aftermatch bridge`, as operators use it."""

import re
import tempfile
import unittest
from pathlib import Path

from django.core.management import call_command

from accounts.models import User
from brand.models import Brand
from chat.models import Message, Room

from . import database, market
from .bridge import MAPPING, adopt, bridge, grant, succeed
from .database import sql
from .truth import differences, holes

OBJECTS = """
SELECT 'trigger', tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'relation', relnamespace::regnamespace::text, relname FROM pg_class
    WHERE relkind IN ('r', 'v', 'S') AND relnamespace::regnamespace::text IN ('public', 'aftermatch')
UNION ALL SELECT 'function', pronamespace::regnamespace::text, proname FROM pg_proc
    WHERE pronamespace::regnamespace::text IN ('public', 'aftermatch')
ORDER BY 1, 2, 3
"""


class CommandsTest(unittest.TestCase):
    def setUp(self):
        self.name = database.make()
        self.addCleanup(database.drop, self.name)
        self.one, self.two, self.room = market.match()
        for number in range(250):
            Message.objects.create(room=self.room, user=self.one.user, text=f"old {number}")

    def test_plan_says_what_to_grant(self):
        succeed(self.name, "migrate")
        before = sql(self.name, OBJECTS)
        grants = " ".join(grant(self.name))
        self.assertIn("is_active", grants)
        self.assertNotIn("password", grants)
        code, plan = bridge(self.name, "plan")
        self.assertEqual(code, 0, plan)
        self.assertIn(self.one.user.email, plan)
        self.assertEqual(sql(self.name, OBJECTS), before)

    def test_install_takes_over_what_exists(self):
        adopt(self.name)
        self.assertEqual(differences(self.name), [])
        self.assertEqual(holes(self.name), [])
        numbered = sql(self.name, "SELECT seq, text FROM aftermatch.messages ORDER BY seq")
        self.assertEqual(numbered, [(n + 1, f"old {n}") for n in range(250)])
        succeed(self.name, "bridge", "install", MAPPING)
        self.assertEqual(sql(self.name, "SELECT count(*) FROM aftermatch.messages"), [(250,)])
        self.assertEqual(bridge(self.name, "check")[0], 0)

    def test_check_finds_and_repairs_differences(self):
        adopt(self.name)
        sql(
            self.name,
            f"""
            UPDATE aftermatch.users SET active = false WHERE id = {self.one.user_id};
            UPDATE aftermatch.brands SET tariff = 'business' WHERE id = {self.two.pk};
            DELETE FROM aftermatch.participants WHERE brand_id = {self.two.pk};
            """,
        )
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 1, printed)
        for kind in ("user", "brand", "participants"):
            self.assertIn(kind, printed)
        bridge(self.name, "check", MAPPING, "--repair")
        self.assertEqual(differences(self.name), [])
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 0, printed)

    def test_author_who_is_gone_with_room_is_no_difference(self):
        adopt(self.name)
        self.one.user.delete()
        bridge(self.name, "check", MAPPING, "--repair")
        self.room.delete()
        bridge(self.name, "check", MAPPING, "--repair")
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 0, printed)

    def test_check_finds_missing_trigger(self):
        adopt(self.name)
        [(table, trigger), *_] = sql(
            self.name,
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid = 'public.chat_room'::regclass",
        )
        sql(self.name, f'DROP TRIGGER "{trigger}" ON {table}', user="platform")
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 1, printed)
        self.assertIn("chat_room", printed)

    def test_profiles_are_those_of_serializers(self):
        Brand.objects.filter(pk=self.one.pk).update(
            photo="brands/alpha.png", city="Казань", description='"\\\n'
        )
        User.objects.filter(pk=self.two.user_id).update(phone="")
        adopt(self.name)
        shown = Path(tempfile.mkdtemp()) / "shown.jsonl"
        with shown.open("w") as file:
            call_command("shown", stdout=file)
        code, printed = bridge(self.name, "check", MAPPING, "--profiles", shown)
        self.assertEqual(code, 0, printed)
        shown.write_text(shown.read_text().replace("@Alpha", "@alpha"))
        code, printed = bridge(self.name, "check", MAPPING, "--profiles", shown)
        self.assertEqual(code, 1, printed)
        self.assertIn("tg_nickname", printed)

    def test_remove_leaves_nothing_behind(self):
        succeed(self.name, "migrate")
        before = sql(self.name, OBJECTS)
        adopt(self.name)
        self.assertNotEqual(sql(self.name, OBJECTS), before)
        succeed(self.name, "bridge", "remove", MAPPING)
        self.assertEqual(sql(self.name, OBJECTS), before)
        Message.objects.create(room=self.room, user=self.one.user, text="as before")
        Room.objects.all().delete()
        succeed(self.name, "bridge", "remove", MAPPING)

    def test_plan_reports_all_mistakes(self):
        succeed(self.name, "migrate")
        grant(self.name)
        wrong = Path(tempfile.mkdtemp()) / "bridge.toml"
        for mistakes in [
            {"[source.chat_room]\nkey": "[source.chat_room]\nkye", "back = true": "bakc = true"},
            {
                'frozen FROM chat_room"': 'frozen FROM chat_rooms"',
                "is_staff AS admin": "is_stuff AS admin",
            },
        ]:
            text = MAPPING.read_text()
            for right, mistake in mistakes.items():
                self.assertIn(right, text)
                text = text.replace(right, mistake)
            wrong.write_text(text)
            code, printed = bridge(self.name, "plan", wrong)
            self.assertEqual(code, 2, printed)
            for mistake in mistakes.values():
                self.assertIn(re.search("kye|bakc|chat_rooms|is_stuff", mistake)[0], printed)
