-- devices --
SELECT id, no, org_id FROM device WHERE revoked_at IS NULL;

-- recording --
INSERT INTO recording (device_no, at, seq, received_at, batch_id, org_id, recording_id, start_at,
                       stop_at, detail)
VALUES (%(no)s, to_timestamp(%(at)s / 1000.0), %(seq)s, to_timestamp(%(at)s / 1000.0), 0, %(org_id)s,
        %(recording_id)s, to_timestamp(%(start)s / 1000.0), to_timestamp(%(stop)s / 1000.0),
        %(detail)s)
    ON CONFLICT DO NOTHING;

-- partitions --
SELECT make_partition(day) FROM unnest(%(days)s::date[]) AS day;

-- status --
INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct, detail)
VALUES (to_timestamp(%(at)s / 1000.0), to_timestamp(%(at)s / 1000.0), %(seq)s, 0, %(no)s,
        %(state)s, %(bat_pct)s, %(detail)s)
    ON CONFLICT DO NOTHING;
