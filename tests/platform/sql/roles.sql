-- As a superuser.
CREATE ROLE aftermatch LOGIN;
CREATE SCHEMA aftermatch AUTHORIZATION aftermatch;
