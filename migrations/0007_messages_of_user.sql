-- no-transaction
-- Whether a user who is removed has written messages.
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_user_idx ON messages (user_id);
