-- create_account --
INSERT INTO account (org_id, login, role, password_hash)
VALUES (%(org_id)s, %(login)s, %(role)s, %(password_hash)s)
RETURNING id;

-- set_password --
-- A new password also ends a lock-out.
UPDATE account
   SET password_hash = %(password_hash)s, failures = 0, locked_until = NULL
 WHERE login = %(login)s
RETURNING id;

-- disable_account --
UPDATE account SET disabled_at = coalesce(disabled_at, %(now)s)
 WHERE login = %(login)s
RETURNING id;

-- end_sessions --
DELETE FROM session WHERE account_id = %(account_id)s;

-- revoke_tokens --
UPDATE api_token SET revoked_at = %(now)s
 WHERE account_id = %(account_id)s
   AND revoked_at IS NULL;

-- create_token --
INSERT INTO api_token (token_sha256, account_id, name, created_at, expires_at)
SELECT %(digest)s, id, %(name)s, %(now)s, %(expires_at)s
  FROM account
 WHERE login = %(login)s
   AND disabled_at IS NULL
RETURNING account_id;

-- revoke_token --
UPDATE api_token SET revoked_at = %(now)s
  FROM account
 WHERE account.id = api_token.account_id
   AND account.login = %(login)s
   AND api_token.name = %(name)s
   AND api_token.revoked_at IS NULL;

-- list_accounts --
SELECT account.id, account.login, account.role, account.org_id, org.name AS org,
       account.disabled_at, account.locked_until, account.created_at
  FROM account
  JOIN org ON org.id = account.org_id
 ORDER BY account.login;
