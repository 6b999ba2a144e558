-- Why messages were deleted, in the words of the administrator or of the platform. Null of
-- edits, of deletions without a reason, and of those that an older program wrote.
-- Administrators alone read it.
ALTER TABLE events ADD COLUMN reason text;
