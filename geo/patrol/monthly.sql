-- windows_of --
-- Windows with these results as known then, and the first reason.
SELECT w.id AS window_id, org.name AS squad, point.name AS point, w.opens_at, w.closes_at,
       v.result, v.reasons -> 0 AS why
  FROM patrol_window w
  JOIN org ON org.id = w.org_id
  JOIN patrol_point point ON point.id = w.point_id
  JOIN LATERAL (SELECT result, reasons FROM patrol_verdict
                 WHERE window_id = w.id AND known_at <= %(as_of)s
                 ORDER BY version DESC LIMIT 1) v ON true
 WHERE w.opens_at >= %(since)s AND w.opens_at < %(until)s AND w.org_id = ANY(%(org_ids)s)
   AND w.withdrawn_at IS NULL AND v.result = ANY(%(results)s)
 ORDER BY w.opens_at, w.id
 LIMIT %(limit)s;

-- appeals --
SELECT a.id, a.window_id, org.name AS squad, point.name AS point, w.opens_at, w.closes_at, a.kind,
       a.reason, a.created_by, coalesce(d.decision, 'open') AS state, d.decided_by,
       before.result AS before, after.result AS after
  FROM patrol_appeal a
  JOIN patrol_window w ON w.id = a.window_id
  JOIN org ON org.id = w.org_id
  JOIN patrol_point point ON point.id = w.point_id
  LEFT JOIN patrol_appeal_decision d ON d.appeal_id = a.id AND d.decided_at <= %(as_of)s
  LEFT JOIN patrol_verdict before
         ON before.window_id = a.window_id AND before.version = a.verdict_version
  LEFT JOIN LATERAL (SELECT result FROM patrol_verdict
                      WHERE window_id = w.id AND known_at <= %(as_of)s
                      ORDER BY version DESC LIMIT 1) after ON true
 WHERE w.opens_at >= %(since)s AND w.opens_at < %(until)s AND w.org_id = ANY(%(org_ids)s)
   AND a.created_at <= %(as_of)s
 ORDER BY a.id;

-- marks --
SELECT detector, count(*) AS found,
       count(*) FILTER (WHERE review = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE review = 'harmless') AS harmless,
       count(*) FILTER (WHERE review IS NULL) AS open
  FROM patrol_mark
 WHERE org_id = ANY(%(org_ids)s) AND at >= %(since)s AND at < %(until)s AND withdrawn_at IS NULL
   AND known_at <= %(as_of)s
 GROUP BY detector
 ORDER BY detector;

-- coverage --
SELECT kind, sum(covered) AS covered, sum(required) AS required, unit, count(*) AS objects
  FROM (SELECT DISTINCT ON (kind, object_id, from_at, to_at) *
          FROM patrol_coverage
         WHERE org_id = ANY(%(org_ids)s) AND from_at >= %(since)s AND to_at <= %(until)s
           AND known_at <= %(as_of)s
         ORDER BY kind, object_id, from_at, to_at, version DESC) newest
 GROUP BY kind, unit
 ORDER BY kind;

-- org --
SELECT name FROM org WHERE id = %(org_id)s AND id = ANY(%(org_ids)s);

-- frozen --
SELECT version, known_at, frozen_by, body FROM patrol_report
 WHERE org_id = %(org_id)s AND month = %(month)s ORDER BY version DESC LIMIT 1;

-- freeze --
INSERT INTO patrol_report (org_id, month, version, body, known_at, frozen_by)
SELECT %(org_id)s, %(month)s, 1 + coalesce(max(version), 0), %(body)s, %(now)s, %(login)s
  FROM patrol_report WHERE org_id = %(org_id)s AND month = %(month)s
RETURNING version;

-- unfrozen --
-- Organisations without windows need no report.
SELECT org.id FROM org
 WHERE NOT EXISTS (SELECT FROM patrol_report r WHERE r.org_id = org.id AND r.month = %(month)s)
   AND EXISTS (SELECT FROM patrol_window w JOIN org below ON below.id = w.org_id
                WHERE below.path @> ARRAY[org.id]
                  AND w.opens_at >= %(since)s AND w.opens_at < %(until)s)
 ORDER BY org.id LIMIT 1;
