-- By default Postgres vacuums a table when a fifth of it is new or dead. Of a large table of
-- messages that is months of them, in one long run, and until then counting its newest
-- messages reads rows and not only the index. Less at a time, more often.
ALTER TABLE messages SET (
    autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE events SET (
    autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.02
);
-- Rows that move with every message, or with every read. What fits into their page is
-- cleaned at once; this is for the rest.
ALTER TABLE rooms SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE reading_marks SET (autovacuum_vacuum_scale_factor = 0.02);
