-- shapes --
SELECT shape FROM fence_shape WHERE org_id = ANY(%(org_ids)s) ORDER BY id;

-- shape --
SELECT shape FROM fence_shape WHERE id = %(id)s AND org_id = ANY(%(org_ids)s);

-- add --
INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, polygon, margin_m, dwell_s,
                   created_at, created_by)
VALUES (%(org_id)s, %(name)s, %(purpose)s, %(lat_deg)s, %(lon_deg)s, %(radius_m)s, %(polygon)s,
        %(margin_m)s, %(dwell_s)s, %(now)s, %(created_by)s)
RETURNING id;

-- owner --
-- A point's fence is ended with its point, never by itself.
SELECT fence.org_id, EXISTS (SELECT FROM patrol_point
                              WHERE fence_id = fence.id AND ended_at IS NULL) AS of_point
  FROM fence
 WHERE fence.id = %(id)s AND fence.ended_at IS NULL AND fence.org_id = ANY(%(org_ids)s)
   FOR UPDATE OF fence;

-- end --
UPDATE fence SET ended_at = %(now)s WHERE id = %(id)s;
