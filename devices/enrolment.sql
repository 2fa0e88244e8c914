-- enrol --
-- Nothing comes back when the id is taken, also when somebody else took it just now.
INSERT INTO device (id, kind, part, org_id, person_id, name, label, period_s, outbox,
                    password_salt, password_hash, password_iterations, enrolled_at)
VALUES (%(id)s, %(kind)s, %(part)s, %(org_id)s, %(person_id)s, %(name)s, %(label)s, %(period_s)s,
        %(outbox)s, %(salt)s, %(hash)s, %(iterations)s, %(now)s)
ON CONFLICT (id) DO NOTHING
RETURNING no;

-- lock_device --
SELECT no, id, kind, part, org_id, revoked_at FROM device WHERE id = %(id)s FOR UPDATE;

-- rotate --
UPDATE device
   SET password_salt = %(salt)s, password_hash = %(hash)s, password_iterations = %(iterations)s
 WHERE no = %(no)s;

-- revoke --
UPDATE device SET revoked_at = %(now)s WHERE no = %(no)s;

-- unit_shape --
SELECT shape FROM unit_shape WHERE id = %(no)s;

-- orgs_like --
-- By id or by name; a name may stand in several places of the tree.
SELECT id, name FROM org WHERE id::text = %(text)s OR name = %(text)s ORDER BY id;

-- top_org --
SELECT id, name FROM org WHERE parent_id IS NULL ORDER BY id LIMIT 1;

-- list_devices --
SELECT device.id, device.kind, device.part, device.org_id, org.name AS org, device.name,
       device.label, device.enrolled_at, device.revoked_at
  FROM device
  JOIN org ON org.id = device.org_id
 WHERE device.org_id = ANY(%(org_ids)s)
   AND device.id > %(after)s
 ORDER BY device.id
 LIMIT %(limit)s;

-- all_orgs --
SELECT id FROM org;
