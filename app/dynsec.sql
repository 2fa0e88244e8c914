-- accounts --
-- Revoked ones as well: their door is shut, and stays known as shut.
SELECT id, kind, part, password_salt AS salt, password_hash AS hash,
       password_iterations AS iterations, revoked_at IS NOT NULL AS revoked
  FROM device;

-- one_at_a_time --
-- Two who compare and repair at once would each undo what the other has half done.
SELECT pg_advisory_xact_lock(7305104);
