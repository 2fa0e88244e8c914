-- device --
SELECT no, org_id, person_id FROM device WHERE no = %(no)s AND org_id = ANY(%(org_ids)s);

-- person_in_scope --
SELECT EXISTS (SELECT FROM person WHERE id = %(id)s AND org_id = ANY(%(org_ids)s));

-- one_at_a_time --
SELECT pg_advisory_xact_lock(hashtext('roster_shift'), %(no)s);

-- overlaps --
-- Leave may lie over duty: it is what takes somebody off it.
SELECT EXISTS (
    SELECT FROM roster_shift
     WHERE device_no = %(device_no)s AND ended_at IS NULL
       AND (kind = 'leave') = (%(kind)s = 'leave')
       AND starts_at < %(ends_at)s AND ends_at > %(starts_at)s);

-- add --
INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, kind, route_id,
                          point_ids, post_id, created_at, created_by)
VALUES (%(org_id)s, %(person_id)s, %(device_no)s, %(starts_at)s, %(ends_at)s, %(kind)s,
        %(route_id)s, %(point_ids)s, %(post_id)s, %(now)s, %(login)s)
RETURNING id;

-- end --
UPDATE roster_shift SET ended_at = %(now)s
 WHERE id = %(id)s AND ended_at IS NULL AND org_id = ANY(%(org_ids)s)
RETURNING org_id;

-- touch --
-- Windows that have opened and rest on this shift, or on one that this leave lies over. What
-- is still to open will be judged by the roster of then.
INSERT INTO patrol_dirty (window_id, why)
SELECT DISTINCT w.id, 'roster'
  FROM roster_shift said
  JOIN roster_shift s ON s.device_no = said.device_no AND s.kind = 'patrol'
       AND (s.id = said.id OR (said.kind = 'leave' AND s.ended_at IS NULL))
  JOIN patrol_window w
    ON w.withdrawn_at IS NULL AND w.opens_at - make_interval(secs => w.early_s) <= %(now)s
       AND w.opens_at - make_interval(secs => w.early_s) < least(s.ends_at, said.ends_at)
       AND w.closes_at + make_interval(secs => w.late_s) > greatest(s.starts_at, said.starts_at)
       AND w.closes_at > %(oldest)s
       AND (w.point_id = ANY(s.point_ids) OR s.route_id = w.route_id
            OR (s.org_id = w.org_id AND s.route_id IS NULL AND cardinality(s.point_ids) = 0))
 WHERE said.id = %(id)s AND said.kind <> 'post'
ON CONFLICT DO NOTHING;

-- shifts --
SELECT s.id, jsonb_build_object(
           'id', s.id, 'org_id', s.org_id, 'device_no', s.device_no, 'device_id', device.id,
           'device_name', device.name, 'person_id', s.person_id, 'person', person.name,
           'starts_at', s.starts_at, 'ends_at', s.ends_at, 'kind', s.kind,
           'route_id', s.route_id, 'point_ids', to_jsonb(s.point_ids), 'post_id', s.post_id,
           'created_at', s.created_at, 'created_by', s.created_by, 'ended_at', s.ended_at)
  FROM roster_shift s
  JOIN device ON device.no = s.device_no
  LEFT JOIN person ON person.id = s.person_id
 WHERE s.org_id = ANY(%(org_ids)s) AND s.id > %(after)s
   AND (%(id)s::bigint IS NULL OR s.id = %(id)s)
   AND (%(history)s OR s.ended_at IS NULL)
   AND (%(since)s::timestamptz IS NULL OR s.ends_at > %(since)s)
   AND (%(until)s::timestamptz IS NULL OR s.starts_at < %(until)s)
   AND (%(device_no)s::integer IS NULL OR s.device_no = %(device_no)s)
   AND (%(org_id)s::bigint IS NULL
        OR s.org_id IN (SELECT id FROM org WHERE path @> ARRAY[%(org_id)s::bigint]))
 ORDER BY s.id
 LIMIT %(limit)s;
