-- What a message carries beside its text: a JSON array of objects that the platform made and
-- signed. `json` keeps them byte for byte. Null without any, and once those of a deleted message
-- are purged. An edit leaves them as they are, and so does a deletion: administrators read them
-- until the text is purged, and nobody else reads a deleted message.
ALTER TABLE messages ADD COLUMN attachments json;
