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

-- Who had which camera from when until when. Before it was in the ledger: whoever it was enrolled for.
CREATE OR REPLACE VIEW camera_holding AS
SELECT asset.device_no, m.person_id, m.state, m.at AS from_at,
       lead(m.at) OVER (PARTITION BY m.asset_id ORDER BY m.version) AS until_at,
       m.created_at, lead(m.created_at) OVER (PARTITION BY m.asset_id ORDER BY m.version) AS ended_at
  FROM asset_move m
  JOIN asset ON asset.id = m.asset_id
 WHERE asset.kind = 'camera' AND asset.device_no IS NOT NULL
 UNION ALL
SELECT asset.device_no, asset.enrolled_for, 'issued', '-infinity', first.at, '-infinity', first.at
  FROM asset
  JOIN asset_move first ON first.asset_id = asset.id AND first.version = 1
 WHERE asset.kind = 'camera' AND asset.device_no IS NOT NULL AND asset.enrolled_for IS NOT NULL
 UNION ALL
SELECT d.no, d.person_id, 'issued', '-infinity', NULL, '-infinity', NULL
  FROM device d
 WHERE d.kind = 'camera' AND d.person_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM asset WHERE asset.device_no = d.no);

-- The same by what was known at the time: in hand until somebody wrote down that it was not, out of
-- order from when somebody wrote it down.
CREATE OR REPLACE VIEW camera_holding_known AS
SELECT device_no, person_id, state,
       CASE WHEN state IN ('issued', 'loaned') THEN from_at ELSE greatest(from_at, created_at) END
           AS from_at,
       CASE WHEN state IN ('issued', 'loaned') THEN greatest(until_at, ended_at) ELSE until_at END
           AS until_at
  FROM camera_holding;

-- Who had a device at a moment; nobody, while it lay in the store.
CREATE OR REPLACE FUNCTION device_holder(no integer, moment timestamptz)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN asset.id IS NULL THEN device.person_id
                WHEN moment < (SELECT m.at FROM asset_move m
                                WHERE m.asset_id = asset.id AND m.version = 1)
                THEN asset.enrolled_for
                ELSE (SELECT m.person_id FROM asset_move m
                       WHERE m.asset_id = asset.id AND m.at <= moment
                       ORDER BY m.version DESC LIMIT 1) END
      FROM device
      LEFT JOIN asset ON asset.device_no = device.no
     WHERE device.no = device_holder.no
$$;

-- What was to be added to a camera's times about a moment; before it was first heard, what was
-- found then.
CREATE OR REPLACE FUNCTION camera_offset(no integer, moment timestamptz)
RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT offset_ms FROM camera_clock c WHERE c.device_no = camera_offset.no
            AND c.from_at <= moment ORDER BY c.from_at DESC LIMIT 1),
        (SELECT offset_ms FROM camera_clock c WHERE c.device_no = camera_offset.no
          ORDER BY c.from_at LIMIT 1),
        0) * interval '1 ms'
$$;

-- When a shift of somebody that touches a moment is over; the moment itself where there is none.
CREATE OR REPLACE FUNCTION shift_end(person bigint, moment timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(moment, coalesce(max(s.ends_at), moment))
      FROM roster_shift s
     WHERE s.person_id = shift_end.person AND s.ended_at IS NULL AND s.kind <> 'leave'
       AND s.starts_at <= moment AND s.ends_at >= moment - interval '1 hour'
$$;

-- The verdict that counts now, of each officer at each task.
CREATE OR REPLACE VIEW recording_verdict_now AS
SELECT * FROM recording_verdict v
 WHERE NOT EXISTS (SELECT FROM recording_verdict next
                    WHERE next.task_id = v.task_id AND next.person_id = v.person_id
                      AND next.version = v.version + 1);
