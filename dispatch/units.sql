-- links --
-- Links that a receipt may change: those not online, and those somebody's last will names.
-- A device without a row was never heard of.
SELECT device.no AS device_no, coalesce(unit.link, 'never') AS link,
       unit.link_reason AS reason, unit.link_since AS since, unit.heard_at
  FROM device
  LEFT JOIN unit_state unit ON unit.device_no = device.no
 WHERE device.no = ANY(%(device_nos)s::integer[])
   AND (unit.link IS DISTINCT FROM 'online' OR device.no = ANY(%(lost_nos)s::integer[]));

-- hear --
-- One row a device and batch. Each fact moves only forward in its own time, so rows that
-- say nothing new are left alone, and readings judged again change nothing.
INSERT INTO unit_state AS unit
       (device_no, org_id, heard_at, position_at, position_seq, lat_e7, lon_e7, acc_dm, spd_cms,
        crs_ddeg, bat_at, bat_pct)
SELECT device.no, device.org_id,
       to_timestamp(nullif(new.heard_ms, -1) / 1000.0),
       to_timestamp(nullif(new.at_ms, -1) / 1000.0), nullif(new.seq, -1),
       CASE WHEN new.at_ms >= 0 THEN new.lat_e7 END,
       CASE WHEN new.at_ms >= 0 THEN new.lon_e7 END,
       nullif(new.acc_dm, -1), nullif(new.spd_cms, -1), nullif(new.crs_ddeg, -1),
       to_timestamp(nullif(new.bat_ms, -1) / 1000.0), nullif(new.bat_pct, -1)
  FROM unnest(%(device_no)s::integer[], %(heard_ms)s::bigint[], %(at_ms)s::bigint[],
              %(seq)s::bigint[], %(lat_e7)s::integer[], %(lon_e7)s::integer[],
              %(acc_dm)s::smallint[], %(spd_cms)s::smallint[], %(crs_ddeg)s::smallint[],
              %(bat_ms)s::bigint[], %(bat_pct)s::smallint[])
       AS new (device_no, heard_ms, at_ms, seq, lat_e7, lon_e7, acc_dm, spd_cms, crs_ddeg,
               bat_ms, bat_pct)
  JOIN device ON device.no = new.device_no
 ORDER BY device.no
    ON CONFLICT (device_no) DO UPDATE SET
       org_id = excluded.org_id,
       heard_at = greatest(unit.heard_at, excluded.heard_at),
       (position_at, position_seq, lat_e7, lon_e7, acc_dm, spd_cms, crs_ddeg) = (
           SELECT excluded.position_at, excluded.position_seq, excluded.lat_e7, excluded.lon_e7,
                  excluded.acc_dm, excluded.spd_cms, excluded.crs_ddeg
            WHERE unit.position_at IS NULL
               OR (excluded.position_at, excluded.position_seq)
                  > (unit.position_at, unit.position_seq)
            UNION ALL
           SELECT unit.position_at, unit.position_seq, unit.lat_e7, unit.lon_e7,
                  unit.acc_dm, unit.spd_cms, unit.crs_ddeg
            LIMIT 1),
       bat_pct = CASE WHEN unit.bat_at IS NULL OR excluded.bat_at > unit.bat_at
                      THEN excluded.bat_pct ELSE unit.bat_pct END,
       bat_at = greatest(unit.bat_at, excluded.bat_at),
       change = pg_current_xact_id()
 WHERE excluded.heard_at > coalesce(unit.heard_at, '-infinity')
    OR (excluded.position_at, excluded.position_seq)
       > (coalesce(unit.position_at, '-infinity'), coalesce(unit.position_seq, -1))
    OR excluded.bat_at > coalesce(unit.bat_at, '-infinity')
    OR excluded.org_id <> unit.org_id;

-- report --
-- The state a unit last reported, by the time it was observed.
UPDATE unit_state unit
   SET status_at = new.at, status_seq = new.seq, state = new.state, detail = new.detail,
       change = pg_current_xact_id()
  FROM unnest(%(device_no)s::integer[], %(at)s::timestamptz[], %(seq)s::bigint[],
              %(state)s::text[], %(detail)s::jsonb[]) AS new (device_no, at, seq, state, detail)
 WHERE unit.device_no = new.device_no
   AND (new.at, new.seq)
       > (coalesce(unit.status_at, '-infinity'), coalesce(unit.status_seq, -1));

-- relink --
-- Only where the link is still as we judged it: follower and sweep may meet here, and
-- lock rows in one order, so that neither waits for the other in a ring.
WITH locked AS MATERIALIZED (
    SELECT device_no
      FROM unit_state
     WHERE device_no = ANY(%(device_no)s::integer[])
     ORDER BY device_no
       FOR UPDATE
)
UPDATE unit_state unit
   SET link = new.link, link_reason = new.reason, link_since = new.since,
       change = pg_current_xact_id()
  FROM unnest(%(device_no)s::integer[], %(before)s::text[], %(before_since)s::timestamptz[],
              %(link)s::text[], %(reason)s::text[], %(since)s::timestamptz[])
       AS new (device_no, before, before_since, link, reason, since)
  JOIN locked USING (device_no)
 WHERE unit.device_no = new.device_no
   AND unit.link = new.before
   AND unit.link_since IS NOT DISTINCT FROM new.before_since
RETURNING unit.device_no;

-- quiet --
-- Units whose link may have changed by the passing of time alone. We listen for a device
-- where its part's ingest session is alive; silence counts from the start of that span,
-- and only as far as the readings received have been judged.
WITH sessions AS (
    SELECT coalesce((SELECT sessions FROM ingest_lease ORDER BY until_at DESC LIMIT 1), 1) AS count
), span AS (
    SELECT DISTINCT ON (session_no) session_no, started_at, seen_at
      FROM alive_span
     ORDER BY session_no, started_at DESC
), watch AS MATERIALIZED (  -- once a session, not once a unit
    SELECT span.session_no, span.started_at,
           least(%(now)s, (SELECT batch.received_at
                             FROM batch
                            WHERE batch.session_no = span.session_no
                              AND batch.no > coalesce((SELECT batch_no FROM follower_cursor
                                                        WHERE session_no = span.session_no), 0)
                            ORDER BY batch.no
                            LIMIT 1)) AS until
      FROM span
     WHERE span.seen_at >= %(alive_after)s
)
SELECT unit.device_no, unit.link, unit.link_reason AS reason, unit.link_since AS since,
       unit.heard_at, device.kind, unit.state AS reported, unit.detail ->> 'dock' AS dock,
       device.period_s, watch.started_at AS listening_since, watch.until
  FROM unit_state unit
  JOIN device ON device.no = unit.device_no
  JOIN watch ON watch.session_no = device.part %% (SELECT count FROM sessions)
 WHERE device.revoked_at IS NULL
   AND unit.heard_at IS NOT NULL
   AND CASE unit.link
           WHEN 'online' THEN unit.heard_at < watch.until - device.period_s * %(stale)s::interval
           WHEN 'silent' THEN unit.heard_at > unit.link_since
                           OR unit.heard_at > watch.until - device.period_s * %(stale)s::interval
           ELSE true
       END
 ORDER BY unit.device_no;

-- shapes --
SELECT id, shape FROM unit_shape WHERE id = ANY(%(device_nos)s);

-- page --
SELECT id, shape
  FROM unit_shape
 WHERE org_id = ANY(%(org_ids)s) AND id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- by_device_id --
SELECT unit_shape.shape
  FROM device
  JOIN unit_shape ON unit_shape.id = device.no
 WHERE device.id = %(device_id)s
   AND unit_shape.org_id = ANY(%(org_ids)s);
