"""What the platform does in the chat, as part of its own transaction."""

from django.db import connection


def post(room_id, user_id, text, client_msg_id=None):
    """Returns the id of the message; for a `client_msg_id` that was there, of the first one."""
    return call("SELECT aftermatch.post(%s, %s, %s, %s)", [room_id, user_id, text, client_msg_id])


def edit(message_id, text):
    return call("SELECT aftermatch.edit(%s, %s)", [message_id, text])


def remove(message_ids, by=None):
    """Returns the ids of those that were there to delete. `by` is the id of the moderator."""
    return call("SELECT aftermatch.remove(%s::bigint[], %s)", [list(message_ids), by])


def call(query, values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]
