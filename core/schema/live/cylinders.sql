-- Current custody of a cylinder: the newest event that changes it, by event time.
-- A scan is an observation only (domain reference E.3); what was declared wrong says nothing.
CREATE OR REPLACE VIEW cylinder_now AS
SELECT DISTINCT ON (code)
       code, type, at, org_id, event_id,
       CASE type
           WHEN 'load' THEN 'vehicle' WHEN 'handover' THEN 'party' WHEN 'deliver' THEN 'user'
           WHEN 'user_check' THEN 'user' WHEN 'return' THEN 'courier' WHEN 'scrap' THEN 'none'
           WHEN 'lost' THEN 'unknown' WHEN 'inspect' THEN 'inspector' ELSE 'site'
       END AS custody,
       CASE type
           WHEN 'load' THEN detail ->> 'vehicle'
           WHEN 'handover' THEN detail ->> 'to_party'
           WHEN 'deliver' THEN detail ->> 'user_id'
           WHEN 'user_check' THEN detail ->> 'user_id'
           WHEN 'return' THEN coalesce(detail ->> 'courier', detail ->> 'site_id')
           ELSE coalesce(detail ->> 'site_id', detail ->> 'station')
       END AS holder
  FROM cylinder_event
 WHERE type <> 'scan'
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = cylinder_event.event_id)
 ORDER BY code, at DESC, event_id DESC;

-- Whether it is full: the newest event that says so.
CREATE OR REPLACE VIEW cylinder_fill_now AS
SELECT DISTINCT ON (code)
       code,
       CASE type WHEN 'fill' THEN 'full' WHEN 'postfill_check' THEN 'full'
                 WHEN 'deliver' THEN 'in_use' WHEN 'scrap' THEN 'scrapped' ELSE 'empty' END AS fill
  FROM cylinder_event
 WHERE type IN ('register', 'fill', 'postfill_check', 'deliver', 'return', 'scrap')
   AND NOT EXISTS (SELECT FROM cylinder_declaration d WHERE d.event_id = cylinder_event.event_id)
 ORDER BY code, at DESC, event_id DESC;
