"""Makes `chat_message` again, with a column more: a way to change a large table.

The new table has neither the triggers nor the grants of the old one.
"""

from django.db import migrations, models

REBUILD = """
CREATE TABLE chat_message_new (LIKE chat_message INCLUDING ALL);
ALTER TABLE chat_message_new ADD COLUMN is_system boolean NOT NULL DEFAULT false;
INSERT INTO chat_message_new (id, room_id, user_id, text, created_at)
    SELECT id, room_id, user_id, text, created_at FROM chat_message;
SELECT setval(
    pg_get_serial_sequence('chat_message_new', 'id'),
    nextval(pg_get_serial_sequence('chat_message', 'id'))
);
DROP TABLE chat_message;
ALTER TABLE chat_message_new RENAME TO chat_message;
ALTER TABLE chat_message
    ADD FOREIGN KEY (room_id) REFERENCES chat_room (id) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (user_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial"), ("accounts", "0002_longer_phone")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(REBUILD)],
            state_operations=[
                migrations.AddField(
                    "message", "is_system", models.BooleanField(default=False, db_default=False)
                )
            ],
        )
    ]
