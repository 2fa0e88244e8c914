-- told --
-- Events of each station and local day; stations are those of the register that fill.
SELECT r.key, r.org_id, (r.body ->> 'lat')::float8, (r.body ->> 'lon')::float8,
       (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*)
  FROM gas_register_now r
  JOIN cylinder_event e ON e.site_key = r.key_no
 WHERE r.kind = 'site' AND coalesce(r.body ->> 'role', 'filling') = 'filling'
   AND e.at >= %(since)s AND e.at < %(until)s
 GROUP BY r.key, r.org_id, 3, 4, day;

-- stored_since --
SELECT id, subject, key, rule, variant, anchor, since, until, value, withdrawn_at, raised_at
  FROM gas_finding
 WHERE subject = 'site' AND rule = 'E22' AND since >= %(since)s;
