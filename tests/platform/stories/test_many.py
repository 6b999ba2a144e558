"""More rows than the bridge takes at a time."""

from django.db import transaction

from accounts.models import User
from brand.models import Brand
from chat.models import Message, Room

from .bridge import adopt, bridge, drained
from .story import Story
from .truth import differences, holes

MANY = 6000


@transaction.atomic
def many(prefix):
    """Users, each with a brand, rooms of two and a message in each."""
    users = [User(email=f"{prefix}{number}@example.com") for number in range(MANY)]
    users = User.objects.bulk_create(users)
    brands = [Brand(user=user, fullname=user.email, brand_name_pos="") for user in users]
    brands = Brand.objects.bulk_create(brands)
    rooms = Room.objects.bulk_create(Room() for _ in brands)
    through = Room.participants.through
    pairs = zip(rooms * 2, brands + brands[1:] + brands[:1], strict=True)
    through.objects.bulk_create(through(room=room, brand=brand) for room, brand in pairs)
    Message.objects.bulk_create(
        Message(room=room, user=user, text=user.email)
        for room, user in zip(rooms, users, strict=True)
    )


class ManyTest(Story):
    def test_large_transaction_arrives_whole(self):
        many("live")
        drained(self.name, 300)
        self.assertEqual(differences(self.name), [])
        self.assertEqual(holes(self.name), [])
        # And by a second installation.
        self.service.stop()
        many("late")
        adopt(self.name)
        self.service.start()
        drained(self.name, 300)
        self.assertEqual(differences(self.name), [])
        self.assertEqual(holes(self.name), [])
        code, printed = bridge(self.name, "check")
        self.assertEqual(code, 0, printed)
