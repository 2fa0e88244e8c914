-- all_devices --
-- Revoked ones as well: what they sent before is theirs, what they send now is refused.
SELECT no, id, kind, part, org_id, period_s, outbox, revoked_at IS NOT NULL AS revoked
  FROM device;
