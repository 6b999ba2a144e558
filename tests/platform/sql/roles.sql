-- As a superuser, or as the owner of the database.
CREATE ROLE aftermatch LOGIN;
CREATE SCHEMA aftermatch AUTHORIZATION aftermatch;
