-- activations --
-- Of several that begin at one moment the one activated last counts.
SELECT DISTINCT ON (a.valid_from) a.valid_from, a.version, r.body
  FROM patrol_rule_activation a
  JOIN patrol_rule r USING (version)
 ORDER BY a.valid_from, a.id DESC;

-- list --
SELECT r.version, r.body, r.note, r.created_at, r.created_by, a.valid_from
  FROM patrol_rule r
  LEFT JOIN LATERAL (SELECT valid_from FROM patrol_rule_activation
                      WHERE version = r.version ORDER BY id DESC LIMIT 1) a ON true
 ORDER BY r.created_at, r.version;

-- add --
INSERT INTO patrol_rule (version, body, note, created_at, created_by)
VALUES (%(version)s, %(body)s, %(note)s, %(now)s, %(login)s)
ON CONFLICT (version) DO NOTHING
RETURNING version;

-- get --
SELECT body FROM patrol_rule WHERE version = %(version)s;

-- activate --
INSERT INTO patrol_rule_activation (version, valid_from, activated_at, activated_by)
VALUES (%(version)s, %(valid_from)s, %(now)s, %(login)s);

-- touch --
-- Windows judged by another rule from then on are judged again.
INSERT INTO patrol_dirty (window_id, why)
SELECT id, 'rule' FROM patrol_window
 WHERE opens_at >= %(valid_from)s AND opens_at <= %(now)s AND withdrawn_at IS NULL
ON CONFLICT DO NOTHING;

-- is_topmost --
SELECT parent_id IS NULL FROM org WHERE id = %(org_id)s;
