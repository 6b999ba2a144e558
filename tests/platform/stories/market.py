"""Users, brands and rooms of the platform, by its ORM."""

from itertools import count

from django.test import Client

from accounts.models import User
from brand.models import Brand, Subscription
from chat.models import Room

numbers = count(1)


def tariff(name):
    return Subscription.objects.get_or_create(name=name, defaults={"days": 30})[0]


def brand(name="Brand", user=None, **fields):
    """A brand; without `user` with one of its own."""
    number = next(numbers)
    user = user or User.objects.create_user(
        f"{name.lower()}{number}@example.com", phone=f"+7{number:010}"
    )
    names = {"fullname": name, "brand_name_pos": f"{name}, founder", "tg_nickname": f"@{name}"}
    return Brand.objects.create(user=user, **{**names, **fields})


def room(*brands):
    made = Room.objects.create()
    made.participants.set(brands)
    return made


def match():
    """Two brands in a room, and the room."""
    one, two = brand("Alpha"), brand("Beta")
    return one, two, room(one, two)


def administrator():
    return User.objects.create_superuser(f"boss{next(numbers)}@example.com")


def api(user):
    """A client of the REST API, signed in with a token as a browser is."""
    user.set_password("correct horse")
    user.save(update_fields=["password"])
    credentials = {"email": user.email, "password": "correct horse"}
    access = Client().post("/api/token/", credentials).json()["access"]
    return Client(headers={"Authorization": f"Bearer {access}"})


def screens(user):
    """A client of the admin screens."""
    client = Client()
    client.force_login(user)
    return client
