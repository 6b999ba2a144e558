"""Random transactions of the platform."""

import random
import threading

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, connection, transaction

from accounts.models import User
from brand.models import Brand, Subscription
from chat.models import Message, Room

from . import market


class Rollback(Exception):
    pass


class Storm(threading.Thread):
    """Writes until it is stopped; a seventh of its transactions is rolled back."""

    def __init__(self, seed, spared, stopped):
        super().__init__(daemon=True)
        self.spared = spared  # by model: the row that stays as it is, for somebody who writes
        self.random = random.Random(seed)
        self.stopped = stopped
        self.committed = self.rolled_back = self.refused = 0
        self.operations = [
            *[self.write] * 6,
            *[self.edit] * 3,
            self.delete_messages,
            self.bulk_write,
            self.match,
            self.new_brand,
            self.rename,
            self.tariff,
            self.deactivate,
            self.activate,
            self.participants,
            self.swap_owners,
            self.close_room,
            self.delete_room,
            self.delete_user,
        ]

    def run(self):
        while not self.stopped.is_set():
            try:
                with transaction.atomic():
                    for operation in self.random.choices(
                        self.operations, k=self.random.randint(1, 5)
                    ):
                        operation()
                    if self.random.random() < 1 / 7:
                        raise Rollback
                self.committed += 1
            except Rollback:
                self.rolled_back += 1
            except (Error, ObjectDoesNotExist):
                # Another thread was faster, or the platform ran into a deadlock of its own.
                self.refused += 1
        connection.close()

    def some(self, model):
        """A random row; there are always some."""
        return self.chosen(model.objects.all())

    def other(self, model):
        """The same without the one that is spared."""
        return self.chosen(model.objects.exclude(pk=self.spared[model].pk))

    def chosen(self, rows):
        keys = list(rows.order_by("-pk").values_list("pk", flat=True)[:200])
        return rows.get(pk=self.random.choice(keys))

    def write(self):
        text = f"text {self.random.random()}"
        Message.objects.create(room=self.some(Room), user=self.some(User), text=text)

    def bulk_write(self):
        room, user = self.some(Room), self.some(User)
        texts = [f"bulk {self.random.random()}" for _ in range(20)]
        Message.objects.bulk_create(Message(room=room, user=user, text=text) for text in texts)

    def edit(self):
        room = self.some(Room)
        keys = list(room.messages.order_by("-pk").values_list("pk", flat=True)[:3])
        Message.objects.filter(pk__in=keys).update(text=f"edited {self.random.random()}")

    def delete_messages(self):
        keys = list(self.some(Room).messages.values_list("pk", flat=True)[:2])
        Message.objects.filter(pk__in=keys).delete()

    def match(self):
        market.room(self.some(Brand), self.some(Brand))

    def new_brand(self):
        market.brand(f"Storm{self.random.randint(0, 10**9)}")

    def rename(self):
        brand = self.some(Brand)
        brand.fullname, brand.city = (
            f"name {self.random.random()}",
            self.random.choice(["", "Москва"]),
        )
        brand.save()

    def tariff(self):
        self.some(Brand).buy(self.some(Subscription))

    def deactivate(self):
        User.objects.filter(pk=self.other(User).pk).update(is_active=False)

    def activate(self):
        User.objects.filter(pk=self.other(User).pk).update(is_active=True)

    def participants(self):
        self.other(Room).participants.set({self.some(Brand), self.some(Brand), self.some(Brand)})

    def swap_owners(self):
        one, other = self.other(Brand), self.other(Brand)
        if one == other:
            return
        # `user_id` is unique: the first brand gets a user of its own for a moment.
        first, second = one.user, other.user
        one.user = User.objects.create_user(f"swap{self.random.random()}@example.com")
        one.save()
        other.user = first
        other.save()
        one.user = second
        one.save()

    def close_room(self):
        Room.objects.filter(pk=self.other(Room).pk).update(is_closed=self.random.random() < 0.5)

    def delete_room(self):
        if Room.objects.count() > 20:
            self.other(Room).delete()

    def delete_user(self):
        if User.objects.count() > 40:
            self.other(User).delete()
