-- Who was where at a moment. Somebody without any posting has been on the front line of the
-- own organisation ever since.
CREATE OR REPLACE FUNCTION posting_at(moment timestamptz)
RETURNS TABLE (person_id bigint, org_id bigint, duty text) LANGUAGE sql STABLE AS $$
    SELECT person.id, coalesce(p.org_id, person.org_id), coalesce(p.duty, 'front_line')
      FROM person
      LEFT JOIN LATERAL (
           SELECT posting.org_id, posting.duty FROM posting
            WHERE posting.person_id = person.id AND posting.from_at <= moment
            ORDER BY posting.from_at DESC, posting.id DESC LIMIT 1) p ON true
     WHERE p.duty IS NOT NULL
        OR NOT EXISTS (SELECT FROM posting WHERE posting.person_id = person.id)
$$;

-- How each thing stands.
CREATE OR REPLACE VIEW asset_now AS
SELECT asset.id, asset.serial, asset.kind, asset.model, asset.device_no, asset.live,
       last.version, last.state, last.at, last.org_id, last.person_id, last.due_at, last.note,
       first.at AS registered_at
  FROM asset
  JOIN LATERAL (SELECT * FROM asset_move m WHERE m.asset_id = asset.id
                 ORDER BY version DESC LIMIT 1) last ON true
  JOIN asset_move first ON first.asset_id = asset.id AND first.version = 1;

-- Who has what in working order. A device nobody registered counts for whom it is enrolled for.
CREATE OR REPLACE VIEW equipment_held AS
SELECT a.kind, a.org_id, a.person_id, a.id AS asset_id, a.device_no
  FROM asset_now a
  LEFT JOIN camera_state c ON c.device_no = a.device_no
 WHERE a.state IN ('in_store', 'issued', 'loaned')
   AND NOT coalesce('fault' = ANY (c.conditions), false)
 UNION ALL
SELECT CASE d.kind WHEN 'officer' THEN 'terminal' ELSE d.kind END, d.org_id, d.person_id, NULL, d.no
  FROM device d
  LEFT JOIN camera_state c ON c.device_no = d.no
 WHERE d.revoked_at IS NULL AND NOT EXISTS (SELECT FROM asset WHERE asset.device_no = d.no)
   AND NOT coalesce('fault' = ANY (c.conditions), false);

-- Who had which camera from when until when.
CREATE OR REPLACE VIEW camera_holding AS
SELECT asset.device_no, m.person_id, m.state, m.at AS from_at,
       lead(m.at) OVER (PARTITION BY m.asset_id ORDER BY m.version) AS until_at
  FROM asset_move m
  JOIN asset ON asset.id = m.asset_id
 WHERE asset.kind = 'camera' AND asset.device_no IS NOT NULL
 UNION ALL
SELECT d.no, d.person_id, 'issued', '-infinity', NULL
  FROM device d
 WHERE d.kind = 'camera' AND d.person_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM asset WHERE asset.device_no = d.no);
