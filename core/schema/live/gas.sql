-- The register as it stands: of each key the newest entry, unless that says it has ended.
CREATE OR REPLACE VIEW gas_register_now AS
SELECT DISTINCT ON (kind, key) kind, key, key_no, org_id, body, added_at, added_by
  FROM gas_register r
 WHERE NOT EXISTS (SELECT FROM gas_register later
                    WHERE later.kind = r.kind AND later.key = r.key AND later.id > r.id
                      AND later.ended)
   AND NOT ended
 ORDER BY kind, key, id DESC;
