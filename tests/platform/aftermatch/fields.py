from django.db import models


class JsonField(models.JSONField):
    """A column of the type `json`, which arrives decoded; Django expects text of `jsonb`."""

    def from_db_value(self, value, expression, connection):
        if isinstance(value, str):  # a key of it, or a cast to `jsonb`
            return super().from_db_value(value, expression, connection)
        return value
