-- How an alarm looks in the snapshot, in REST and in the body of every alarm event.
-- The four states of ISA-18.2 are two facts crossed: is it so, and has a person seen it.
-- Shelving lies over them: `shelved_until` in the future keeps the alarm out of the way.
CREATE OR REPLACE VIEW alarm_shape AS
SELECT alarm.id,
       alarm.org_id,
       jsonb_build_object(
           'id', alarm.id,
           'org_id', alarm.org_id,
           'type', alarm.type,
           'source', alarm.source,
           'device_no', alarm.device_no,
           'priority', alarm.priority,
           'state', CASE WHEN alarm.active AND NOT alarm.acknowledged THEN 'active_unack'
                         WHEN alarm.active THEN 'active_ack'
                         WHEN NOT alarm.acknowledged THEN 'cleared_unack'
                         ELSE 'normal' END,
           'latched', alarm.latched,
           'first_at', alarm.first_at,
           'last_at', alarm.last_at,
           'seen', alarm.seen,
           'cleared_at', alarm.cleared_at,
           'ack_by', alarm.ack_by,
           'ack_at', alarm.ack_at,
           'ack_note', alarm.ack_note,
           'shelved_until', alarm.shelved_until,
           'shelved_by', alarm.shelved_by,
           'shelved_reason', alarm.shelved_reason,
           'lon', alarm.lon_deg,
           'lat', alarm.lat_deg,
           'detail', alarm.detail
       ) AS shape
  FROM alarm;
