-- gauges --
-- What the database knows and a graph should show. Ages in seconds; alert on them.
SELECT (SELECT count(*) FROM quarantine WHERE redriven_at IS NULL) AS quarantined,
       (SELECT count(*) FROM device_message WHERE published_at IS NULL) AS unpublished,
       (SELECT coalesce(extract(epoch FROM %(now)s - min(queued_at)), 0)::float8
          FROM device_message WHERE published_at IS NULL) AS unpublished_age_s,
       (SELECT coalesce(max(id), 0) FROM event) AS event_id,
       (SELECT coalesce(extract(epoch FROM %(now)s - max(seen_at)), 'infinity')::float8
          FROM alive_span) AS ingest_silence_s,
       (SELECT coalesce(extract(epoch FROM %(now)s - min(batch.received_at)), 0)::float8
          FROM batch
          JOIN follower_cursor USING (session_no)
         WHERE batch.no > follower_cursor.batch_no) AS unjudged_age_s,
       (SELECT coalesce(sum(stored), 0) FROM batch
         WHERE received_at > %(now)s - interval '1 minute') AS stored_last_minute,
       (SELECT coalesce(sum(duplicate), 0) FROM batch
         WHERE received_at > %(now)s - interval '1 minute') AS duplicate_last_minute,
       (SELECT count(*) FROM alarm WHERE active OR NOT acknowledged) AS open_alarms,
       (SELECT coalesce(max(value::bigint), 0)
          FROM installation WHERE name = 'broker_dropped') AS broker_dropped;

-- units_by_link --
SELECT link, count(*) FROM unit_state GROUP BY link;

-- write --
-- Possible only where writes are: not on a standby, not on a full disk.
INSERT INTO installation (name, value) VALUES ('ready_probe', %(now)s::text)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
