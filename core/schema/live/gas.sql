-- Since when an entry that has ended has: the first of its newest versions that say so. What was
-- told of the time before is judged by it as it was.
CREATE OR REPLACE FUNCTION gas_ended_at(which text, no bigint) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN (SELECT min(r.added_at) FROM gas_register r
         WHERE r.kind = which AND r.key_no = no
           AND r.id > coalesce((SELECT max(open.id) FROM gas_register open
                                 WHERE open.kind = which AND open.key_no = no
                                   AND NOT open.ended), 0));

-- The local day of an event, counted from 1970; Shanghai has no summer time.
CREATE OR REPLACE FUNCTION gas_day(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN floor((extract(epoch FROM at) + 28800) / 86400)::bigint;

-- The register as it stands: of each key the newest entry, unless that says it has ended.
CREATE OR REPLACE VIEW gas_register_now AS
SELECT DISTINCT ON (kind, key) kind, key, key_no, org_id, body, added_at, added_by
  FROM gas_register r
 WHERE NOT EXISTS (SELECT FROM gas_register later
                    WHERE later.kind = r.kind AND later.key = r.key AND later.id > r.id
                      AND later.ended)
   AND NOT ended
 ORDER BY kind, key, id DESC;
