-- Days of the native engine. On TimescaleDB hypertables make their own chunks, and
-- these functions do nothing, so callers need not know the engine.

CREATE OR REPLACE FUNCTION on_native_partitions() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT value = 'postgresql' FROM installation WHERE name = 'storage'
$$;

-- Make the daily partition of both time-series tables, once.
CREATE OR REPLACE FUNCTION make_partition(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    made boolean := false;
BEGIN
    IF NOT on_native_partitions() THEN RETURN false; END IF;
    FOREACH parent IN ARRAY ARRAY['position', 'status'] LOOP
        IF to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) IS NULL THEN
            -- Two makers at once wait for each other here, not in a dead-lock.
            PERFORM pg_advisory_xact_lock(7305102);
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                parent || '_' || to_char(day, 'YYYYMMDD'), parent,
                day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
            made := true;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- Drop whole days before `oldest`; returns how many partitions went.
CREATE OR REPLACE FUNCTION drop_partitions(oldest date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    leaf record;
    dropped integer := 0;
BEGIN
    IF NOT on_native_partitions() THEN RETURN 0; END IF;
    FOR leaf IN
        SELECT child.relname
          FROM pg_inherits
          JOIN pg_class parent ON parent.oid = inhparent
          JOIN pg_class child ON child.oid = inhrelid
         WHERE parent.relname IN ('position', 'status')
           AND to_date(right(child.relname, 8), 'YYYYMMDD') < oldest
    LOOP
        EXECUTE format('DROP TABLE %I', leaf.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
