-- leases --
SELECT owner || ' (' || session_no || '/' || sessions || ')'
  FROM ingest_lease
 WHERE until_at > %(now)s
 ORDER BY session_no;

-- heartbeat --
-- The session that has been silent longest speaks for all; only sessions of the present count.
SELECT extract(epoch FROM %(now)s - min(newest.seen_at))::float8
  FROM (SELECT session_no, max(seen_at) AS seen_at FROM alive_span GROUP BY session_no) newest
 WHERE newest.session_no < coalesce((SELECT max(sessions) FROM ingest_lease), 1);

-- unjudged --
SELECT count(*), coalesce(extract(epoch FROM %(now)s - min(batch.received_at)), 0)::float8
  FROM batch
  LEFT JOIN follower_cursor USING (session_no)
 WHERE batch.no > coalesce(follower_cursor.batch_no, 0);

-- quarantine --
SELECT reason, count(*)
  FROM quarantine
 WHERE last_at > %(now)s - interval '1 day' AND redriven_at IS NULL
 GROUP BY reason
 ORDER BY count(*) DESC, reason;

-- quarantine_newest --
SELECT last_at, topic, detail FROM quarantine WHERE redriven_at IS NULL
 ORDER BY last_at DESC LIMIT 1;

-- dropped --
SELECT coalesce(max(value::bigint), 0) FROM installation WHERE name = 'broker_dropped';

-- partition_days --
-- Null on TimescaleDB, which makes its own.
SELECT CASE WHEN on_native_partitions() THEN (
           SELECT coalesce(max(to_date(right(child.relname, 8), 'YYYYMMDD')), %(now)s::date - 1)
                  - (%(now)s AT TIME ZONE 'UTC')::date
             FROM pg_inherits
             JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'position'::regclass)
       END;

-- devices --
SELECT count(*) FROM device WHERE revoked_at IS NULL;

-- version --
SELECT current_setting('server_version');
