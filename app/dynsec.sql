-- accounts --
-- Revoked ones as well: their door is shut, and stays known as shut.
SELECT id, kind, part, password_salt AS salt, password_hash AS hash,
       password_iterations AS iterations, revoked_at IS NOT NULL AS revoked
  FROM device;
