-- stamp --
-- Changes whenever the table does.
SELECT count(*), max(id), max(retired_at), string_agg(DISTINCT kek_id, ' ') FROM tag_key;

-- live --
SELECT purpose, version, uid, wrapped, kek_id FROM tag_key WHERE retired_at IS NULL;

-- hold --
-- Two who add a version at once would both take the next number.
LOCK TABLE tag_key IN SHARE ROW EXCLUSIVE MODE;

-- next_version --
SELECT coalesce(max(version), 0) + 1 FROM tag_key
 WHERE purpose = %(purpose)s AND uid IS NOT DISTINCT FROM %(uid)s;

-- add --
INSERT INTO tag_key (purpose, version, uid, wrapped, kek_id, created_at, created_by)
VALUES (%(purpose)s, %(version)s, %(uid)s, %(wrapped)s, %(kek_id)s, %(now)s, %(login)s)
RETURNING id;

-- list --
-- Never the key itself.
SELECT id, purpose, version, uid, kek_id, created_at, created_by, retired_at
  FROM tag_key
 WHERE id > %(after)s
 ORDER BY id
 LIMIT %(limit)s;

-- retire --
UPDATE tag_key SET retired_at = %(now)s WHERE id = %(id)s AND retired_at IS NULL
RETURNING id;

-- wrapped --
SELECT id, purpose, version, uid, wrapped, kek_id FROM tag_key ORDER BY id;

-- rewrap --
UPDATE tag_key SET wrapped = %(wrapped)s, kek_id = %(kek_id)s WHERE id = %(id)s;
