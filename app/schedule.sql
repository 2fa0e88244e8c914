-- take_slot --
-- Whoever inserts the row does the work; in the same transaction, so that a killed
-- process leaves the slot free. A clock that was put back would find its slots taken until
-- it is as late again: rows further ahead than two racing processes explain are dropped.
WITH ahead AS (
    DELETE FROM job_fire
     WHERE job = %(job)s
       AND slot > clock_timestamp() + 2 * make_interval(secs => %(every_s)s)
), mine AS MATERIALIZED (
    SELECT %(job)s::text AS job,
           date_bin(make_interval(secs => %(every_s)s), clock_timestamp(), 'epoch'::timestamptz)
               AS slot
)
INSERT INTO job_fire (job, slot)
SELECT job, slot FROM mine
-- Nobody waits for the row of one who froze with it in hand: the next slot is free.
 WHERE pg_try_advisory_xact_lock(hashtextextended(job || ' ' || slot, 0))
ON CONFLICT DO NOTHING
RETURNING slot;

-- forget_slots --
DELETE FROM job_fire WHERE fired_at < %(now)s - interval '1 day';

-- make_partitions --
-- Yesterday's as well: late data is welcome.
SELECT make_partition((%(now)s AT TIME ZONE 'UTC')::date + ahead)
  FROM generate_series(-2, %(ahead)s) AS ahead;

-- drop_partitions --
SELECT drop_partitions((%(now)s AT TIME ZONE 'UTC')::date - %(days)s::integer);

-- drop_sessions --
DELETE FROM session
 WHERE expires_at <= %(now)s
    OR seen_at <= %(now)s - make_interval(secs => %(idle_s)s);
