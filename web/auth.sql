-- live_credentials --
-- Idle and absolute limits are checked here, so an expired session is simply not found.
WITH live AS (
    SELECT token_sha256, account_id, true AS by_cookie
      FROM session
     WHERE token_sha256 = ANY(%(digests)s)
       AND expires_at > %(now)s
       AND seen_at > %(now)s - make_interval(secs => %(idle_s)s)
    UNION ALL
    SELECT token_sha256, account_id, false
      FROM api_token
     WHERE token_sha256 = ANY(%(digests)s)
       AND revoked_at IS NULL
       AND (expires_at IS NULL OR expires_at > %(now)s))
SELECT live.token_sha256 AS digest, live.by_cookie, account.id, account.login, account.role,
       account.org_id, org.name AS org,
       (SELECT array_agg(below.id) FROM org below WHERE below.path @> ARRAY[account.org_id])
           AS org_ids
  FROM live
  JOIN account ON account.id = live.account_id
  JOIN org ON org.id = account.org_id
 WHERE account.disabled_at IS NULL;

-- touch_sessions --
-- At most one write a minute and session.
UPDATE session SET seen_at = %(now)s
 WHERE token_sha256 = ANY(%(digests)s)
   AND seen_at < %(now)s - interval '1 minute';

-- password_of --
SELECT id, password_hash
  FROM account
 WHERE login = %(login)s
   AND disabled_at IS NULL
   AND (locked_until IS NULL OR locked_until <= %(now)s);

-- count_failure --
-- After a lock has run out the count starts anew.
UPDATE account
   SET failures = CASE WHEN locked_until <= %(now)s THEN 1 ELSE failures + 1 END,
       locked_until = CASE WHEN locked_until <= %(now)s THEN NULL ELSE locked_until END
 WHERE login = %(login)s
   AND disabled_at IS NULL
   AND (locked_until IS NULL OR locked_until <= %(now)s)
RETURNING failures;

-- lock --
UPDATE account SET locked_until = %(until)s WHERE login = %(login)s;

-- open_session --
-- Only if nothing changed while the password was checked without a transaction.
WITH good AS (
    UPDATE account SET failures = 0, locked_until = NULL
     WHERE id = %(account_id)s
       AND password_hash = %(password_hash)s
       AND disabled_at IS NULL
       AND (locked_until IS NULL OR locked_until <= %(now)s)
    RETURNING id)
INSERT INTO session (token_sha256, account_id, created_at, seen_at, expires_at)
SELECT %(digest)s, id, %(now)s, %(now)s, %(now)s + make_interval(secs => %(absolute_s)s)
  FROM good
RETURNING account_id;

-- close_session --
DELETE FROM session WHERE token_sha256 = %(digest)s RETURNING account_id;

-- drop_expired --
DELETE FROM session
 WHERE expires_at <= %(now)s
    OR seen_at <= %(now)s - make_interval(secs => %(idle_s)s);

-- audit --
INSERT INTO audit (org_id, actor, ip, action, object, body)
VALUES (%(org_id)s, %(actor)s, %(ip)s, %(action)s, %(object)s, %(body)s);
