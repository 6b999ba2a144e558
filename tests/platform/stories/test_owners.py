"""Brands change hands while nobody drains."""

import time

from django.db import connection, transaction

from brand.models import Brand

from . import market
from .bridge import drained
from .database import sql
from .postgres import connect
from .story import Story
from .truth import differences
from .waiting import until


@transaction.atomic
def give(owners):
    """Brands get these users."""
    with connection.cursor() as cursor:
        # `user_id` is unique at each moment: through numbers that nobody has.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for brand, user in owners.items():
            Brand.objects.filter(pk=brand).update(user_id=-user)
        for brand, user in owners.items():
            Brand.objects.filter(pk=brand).update(user_id=user)


class OwnersTest(Story):
    def test_brands_change_hands_while_one_is_locked(self):
        brands = [market.brand(f"Brand{number}") for number in range(20)]
        drained(self.name)
        self.service.stop()
        users = [brand.user_id for brand in brands]
        give({brand.pk: user for brand, user in zip(brands, users[1:] + users[:1], strict=True)})
        with connect(self.name) as other, other.transaction():
            other.execute(
                "SELECT FROM aftermatch.brands WHERE id = %s FOR UPDATE", [brands[7].pk]
            )
            self.service.start()
            until(lambda: waiting(self.name), "a mark waits for the lock")
            # Each is tried again at another time.
            for brand in brands:
                Brand.objects.filter(pk=brand.pk).update(description="touched")
                time.sleep(0.3)
        drained(self.name)
        self.assertEqual(differences(self.name), [])


def waiting(name):
    return sql(name, "SELECT 1 FROM aftermatch.bridge_moved WHERE tries > 0")
