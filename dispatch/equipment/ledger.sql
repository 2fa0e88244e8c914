-- policy --
SELECT id, body FROM equipment_policy ORDER BY id DESC LIMIT 1;

-- add_policy --
INSERT INTO equipment_policy (body, created_at, created_by) VALUES (%(body)s, %(now)s, %(by)s)
RETURNING id;

-- assets --
SELECT a.id, a.serial, a.kind, a.model, device.id AS device_id, a.live, a.state, a.at, a.org_id,
       org.name AS org, a.person_id, person.name AS person, person.badge, a.due_at, a.note, a.version
  FROM asset_now a
  JOIN org ON org.id = a.org_id
  LEFT JOIN person ON person.id = a.person_id
  LEFT JOIN device ON device.no = a.device_no
 WHERE a.org_id = ANY(%(org_ids)s) AND a.id > %(after)s
   AND (%(id)s::bigint IS NULL OR a.id = %(id)s)
   AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
   AND (%(state)s::text IS NULL OR a.state = %(state)s)
   AND (%(search)s = '' OR a.serial ILIKE %(like)s OR device.id ILIKE %(like)s
        OR person.name ILIKE %(like)s OR person.badge ILIKE %(like)s)
 ORDER BY a.id LIMIT %(limit)s;

-- moves --
SELECT m.version, m.move, m.state, m.at, m.org_id, org.name AS org, m.person_id,
       person.name AS person, m.due_at, m.note, m.created_at, m.created_by
  FROM asset_move m
  JOIN org ON org.id = m.org_id
  LEFT JOIN person ON person.id = m.person_id
 WHERE m.asset_id = %(id)s ORDER BY m.version DESC;

-- lock --
-- One move of a thing after the other.
SELECT asset.id FROM asset
  JOIN asset_now a ON a.id = asset.id
 WHERE asset.id = %(id)s AND a.org_id = ANY(%(org_ids)s) FOR UPDATE OF asset;

-- standing --
SELECT id, version, state, org_id, person_id, at FROM asset_now WHERE id = %(id)s;

-- add_asset --
INSERT INTO asset (serial, kind, model, device_no, live, enrolled_for, created_at, created_by)
VALUES (%(serial)s, %(kind)s, %(model)s, %(device_no)s, %(live)s, %(enrolled_for)s, %(now)s, %(by)s)
    ON CONFLICT DO NOTHING
RETURNING id;

-- add_move --
INSERT INTO asset_move (asset_id, version, move, state, at, org_id, person_id, due_at, note,
                        created_at, created_by)
VALUES (%(asset_id)s, %(version)s, %(move)s, %(state)s, %(at)s, %(org_id)s, %(person_id)s,
        %(due_at)s, %(note)s, %(now)s, %(by)s);

-- carry --
-- Whoever has a thing that speaks is who its device speaks for, everywhere else as well.
UPDATE device SET person_id = %(person_id)s, org_id = %(org_id)s
  FROM asset WHERE asset.id = %(asset_id)s AND device.no = asset.device_no
   AND (device.person_id, device.org_id) IS DISTINCT FROM (%(person_id)s, %(org_id)s);

-- device_of --
SELECT device_no FROM asset WHERE id = %(id)s AND device_no IS NOT NULL;

-- by_serial --
SELECT id FROM asset_now WHERE serial = %(serial)s AND org_id = ANY(%(org_ids)s);

-- device --
SELECT no, kind, person_id FROM device
 WHERE id = %(id)s AND org_id = ANY(%(org_ids)s) AND revoked_at IS NULL;

-- person --
SELECT person.id, p.org_id, p.duty, person.name FROM posting_at(%(at)s) p
  JOIN person ON person.id = p.person_id
 WHERE p.org_id = ANY(%(org_ids)s) AND (person.id = %(id)s OR person.badge = %(badge)s);

-- people --
SELECT person.id, person.name, person.badge, p.org_id, p.duty
  FROM posting_at(%(at)s) p
  JOIN person ON person.id = p.person_id
 WHERE p.org_id = ANY(%(org_ids)s) AND p.duty <> 'left'
 ORDER BY person.badge;

-- held_by_people --
SELECT person_id, kind, count(*) FROM equipment_held
 WHERE person_id IS NOT NULL AND kind = ANY(%(kinds)s) GROUP BY person_id, kind;

-- held_by_units --
SELECT org_id, kind, count(*) FROM equipment_held
 WHERE org_id = ANY(%(org_ids)s) AND kind = ANY(%(kinds)s) GROUP BY org_id, kind;

-- held_by_people_then --
-- By the ledger alone: what devices were enrolled for then is not known.
SELECT m.person_id, asset.kind, count(*)
  FROM asset
  JOIN LATERAL (SELECT * FROM asset_move x WHERE x.asset_id = asset.id AND x.at <= %(at)s
                 ORDER BY version DESC LIMIT 1) m ON true
 WHERE m.person_id IS NOT NULL AND m.state IN ('issued', 'loaned') AND asset.kind = ANY(%(kinds)s)
 GROUP BY m.person_id, asset.kind;

-- all_units --
SELECT id FROM org ORDER BY id;

-- units --
SELECT id, name, kind FROM org WHERE id = ANY(%(org_ids)s) ORDER BY id;

-- states --
SELECT kind, state, count(*) FROM asset_now WHERE org_id = ANY(%(org_ids)s)
 GROUP BY kind, state ORDER BY kind, state;

-- add_person --
INSERT INTO person (org_id, badge, name) VALUES (%(org_id)s, %(badge)s, %(name)s)
    ON CONFLICT (badge) DO NOTHING RETURNING id;

-- add_posting --
INSERT INTO posting (person_id, org_id, duty, from_at, note, created_at, created_by)
VALUES (%(person_id)s, %(org_id)s, %(duty)s, %(from_at)s, %(note)s, %(now)s, %(by)s);

-- settle_people --
-- Where somebody is by now is where the person is shown.
UPDATE person SET org_id = p.org_id FROM posting_at(%(now)s) p
 WHERE p.person_id = person.id AND person.org_id <> p.org_id;

-- who --
-- Whoever is here, or was.
SELECT person.id, person.badge, person.name, person.org_id FROM person
 WHERE person.id = %(id)s
   AND (person.org_id = ANY(%(org_ids)s)
        OR EXISTS (SELECT FROM posting p
                    WHERE p.person_id = person.id AND p.org_id = ANY(%(org_ids)s)));

-- postings --
SELECT p.org_id, org.name AS org, p.duty, p.from_at, p.note, p.created_at, p.created_by
  FROM posting p JOIN org ON org.id = p.org_id
 WHERE p.person_id = %(id)s ORDER BY p.from_at DESC, p.id DESC;

-- things_of --
SELECT id, serial, kind, state, at, due_at FROM asset_now
 WHERE person_id = %(id)s AND org_id = ANY(%(org_ids)s) ORDER BY kind, id;

-- short_alarms --
-- What stands of shortages, so that only what changed is told.
SELECT org_id, detail -> 'badges' FROM alarm WHERE type = 'equipment_short' AND active;

-- checks --
-- Records that contradict each other or were left lying; each with what to do.
SELECT 'left_with_things' AS code, a.id AS asset_id, a.serial, person.name AS person, a.at
  FROM asset_now a
  JOIN posting_at(%(now)s) p ON p.person_id = a.person_id AND p.duty = 'left'
  JOIN person ON person.id = a.person_id
 WHERE a.org_id = ANY(%(org_ids)s) AND a.state IN ('issued', 'loaned')
 UNION ALL
SELECT 'other_unit', a.id, a.serial, person.name, a.at
  FROM asset_now a
  JOIN posting_at(%(now)s) p ON p.person_id = a.person_id AND p.org_id <> a.org_id
   AND p.duty <> 'left'
  JOIN person ON person.id = a.person_id
 WHERE a.org_id = ANY(%(org_ids)s)
 UNION ALL
SELECT 'loan_overdue', a.id, a.serial, person.name, a.due_at
  FROM asset_now a JOIN person ON person.id = a.person_id
 WHERE a.org_id = ANY(%(org_ids)s) AND a.state = 'loaned' AND a.due_at < %(now)s
 UNION ALL
SELECT 'long_repair', a.id, a.serial, NULL, a.at
  FROM asset_now a
 WHERE a.org_id = ANY(%(org_ids)s) AND a.state IN ('repair', 'fault')
   AND a.at < %(now)s::timestamptz - interval '30 days'
 UNION ALL
SELECT 'store_but_speaks', a.id, a.serial, NULL, u.heard_at
  FROM asset_now a JOIN unit_state u ON u.device_no = a.device_no
 WHERE a.org_id = ANY(%(org_ids)s) AND a.state IN ('in_store', 'lost', 'retired', 'repair')
   AND u.heard_at > a.at + interval '10 minutes'
   AND a.kind NOT IN ('dock', 'vehicle')  -- in use by a unit without being anybody's
   AND coalesce(u.detail ->> 'dock', '') = ''
 UNION ALL
SELECT 'never_heard', a.id, a.serial, person.name, a.at
  FROM asset_now a JOIN person ON person.id = a.person_id
  LEFT JOIN unit_state u ON u.device_no = a.device_no
 WHERE a.org_id = ANY(%(org_ids)s) AND a.state = 'issued' AND a.device_no IS NOT NULL
   AND a.at < %(now)s::timestamptz - interval '7 days'
   AND coalesce(u.heard_at, '-infinity') < %(now)s::timestamptz - interval '7 days'
   AND NOT EXISTS (SELECT FROM clip c WHERE c.device_no = a.device_no
                      AND c.told_at >= %(now)s::timestamptz - interval '7 days')
 UNION ALL
SELECT 'no_device', a.id, a.serial, person.name, a.at
  FROM asset_now a JOIN person ON person.id = a.person_id
 WHERE a.org_id = ANY(%(org_ids)s) AND a.kind = 'camera' AND a.state IN ('issued', 'loaned')
   AND a.device_no IS NULL
 UNION ALL
SELECT 'unregistered', NULL, d.id, person.name, d.enrolled_at
  FROM device d LEFT JOIN person ON person.id = d.person_id
 WHERE d.org_id = ANY(%(org_ids)s) AND d.kind IN ('camera', 'dock') AND d.revoked_at IS NULL
   AND NOT EXISTS (SELECT FROM asset WHERE asset.device_no = d.no)
 ORDER BY 1, 3
 LIMIT 500;
