"""Compares the platform's tables with those of the chat, without the bridge's own check."""

from .database import sql

SIDES = {
    "users": (
        "SELECT id, is_active, is_staff FROM accounts_user",
        # Users who wrote and are gone stay, and are not active. So is the ghost.
        """SELECT id, active, admin FROM aftermatch.users
           WHERE active OR id IN (SELECT id FROM accounts_user)""",
    ),
    "brands": (
        """SELECT b.id, user_id, CASE name WHEN 'Лайт' THEN 'light' WHEN 'Комфорт' THEN 'comfort'
               WHEN 'Бизнес' THEN 'business' END, (sub_expire + 1)::timestamp AT TIME ZONE 'UTC',
               fullname, city
           FROM brand_brand b LEFT JOIN brand_subscription s ON s.id = subscription_id""",
        """SELECT id, user_id, tariff, tariff_until, profile ->> 'fullname', profile ->> 'city'
           FROM aftermatch.brands""",
    ),
    "rooms": ("SELECT id, is_closed FROM chat_room", "SELECT id, frozen FROM aftermatch.rooms"),
    "participants": (
        """SELECT room_id, brand_id, row_number() OVER (PARTITION BY room_id ORDER BY id) - 1
           FROM chat_room_participants""",
        "SELECT room_id, brand_id, position FROM aftermatch.participants",
    ),
    "messages": (
        "SELECT id, room_id, coalesce(user_id, -1), text FROM chat_message",
        # An author who is gone is still shown here; there it is null.
        """SELECT m.id, room_id, coalesce(u.id, -1), text
           FROM aftermatch.messages m LEFT JOIN accounts_user u ON u.id = user_id
           WHERE deleted_at IS NULL""",
    ),
}


def differences(name):
    """What only one side has: rows of the first twenty of each kind."""
    found = []
    for kind, (platform, chat) in SIDES.items():
        for side, one, other in [("platform", platform, chat), ("chat", chat, platform)]:
            rows = sql(name, f"({one}) EXCEPT ALL ({other}) LIMIT 20")
            found += [(kind, f"only at the {side}", row) for row in rows]
    return found


def holes(name):
    """The rooms whose events are not numbered 1, 2, 3, … up to the last one."""
    return sql(
        name,
        """
        SELECT r.id, r.last_seq, count(e.seq), count(DISTINCT e.seq), max(e.seq)
        FROM aftermatch.rooms r LEFT JOIN (
            SELECT room_id, seq FROM aftermatch.messages
            UNION ALL SELECT room_id, seq FROM aftermatch.events
        ) e ON e.room_id = r.id
        GROUP BY r.id
        HAVING count(e.seq) <> r.last_seq OR count(DISTINCT e.seq) <> r.last_seq
            OR coalesce(max(e.seq), 0) <> r.last_seq
        """,
    )
