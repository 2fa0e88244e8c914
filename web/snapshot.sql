-- snapshot --
-- The whole picture as one JSON text, made by the database: ten thousand units never
-- pass through Python objects. The caller's transaction is repeatable read, so that
-- everything here and the event id are of the same instant.
SELECT json_build_object(
    'event_id', (SELECT coalesce(max(id), 0) FROM event),
    'server_time', %(now)s::timestamptz,
    'session', %(session)s::json,
    'settings', %(settings)s::json,
    'orgs', (SELECT coalesce(json_agg(json_build_object(
                 'id', id, 'parent_id', parent_id, 'kind', kind, 'name', name) ORDER BY path), '[]')
               FROM org WHERE id = ANY(%(org_ids)s)),
    'units', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                FROM unit_shape WHERE org_id = ANY(%(org_ids)s)),
    'fences', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                 FROM fence_shape WHERE org_id = ANY(%(org_ids)s)),
    'points', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                 FROM point_shape WHERE org_id = ANY(%(org_ids)s)),
    'windows', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                  FROM window_shape
                 WHERE org_id = ANY(%(org_ids)s)
                   AND id IN (SELECT id FROM patrol_window
                               WHERE closes_at > %(now)s::timestamptz - interval '24 hours'
                                 AND opens_at < %(now)s::timestamptz + interval '25 hours')),
    'tasks', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                FROM task_shape
               WHERE org_id = ANY(%(org_ids)s)
                 AND id IN (SELECT id FROM task
                             WHERE is_open
                                OR changed_at > %(now)s::timestamptz - interval '24 hours')),
    'alarms', (SELECT coalesce(json_agg(shape ORDER BY id), '[]')
                 FROM alarm_shape
                WHERE org_id = ANY(%(org_ids)s)
                  AND id IN (SELECT id FROM alarm
                              WHERE active OR NOT acknowledged
                                 OR last_at > %(now)s::timestamptz - interval '24 hours'))
)::text;
