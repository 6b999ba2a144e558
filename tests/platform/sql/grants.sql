-- As `aftermatch`, after its first start or after `aftermatch migrate`.
GRANT USAGE ON SCHEMA aftermatch TO platform;
GRANT SELECT ON aftermatch.users, aftermatch.brands, aftermatch.rooms,
    aftermatch.participants, aftermatch.messages TO platform;
GRANT EXECUTE ON FUNCTION aftermatch.post, aftermatch.edit, aftermatch.remove TO platform;
