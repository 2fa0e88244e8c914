-- happened --
SELECT event.at, event.body #>> '{alarm,type}' AS type, event.body #>> '{alarm,source}' AS source,
       coalesce(device.name, event.body #>> '{alarm,detail,name}',
                event.body #>> '{alarm,source}') AS name
  FROM event
  LEFT JOIN device ON device.no = event.device_no
 WHERE event.kind IN ('alarm.raised', 'alarm.repeated')
   AND event.at >= %(since)s AND event.at < %(until)s
   AND event.org_id = ANY(%(org_ids)s)
 ORDER BY event.id;

-- stood --
SELECT priority, first_at, CASE WHEN acknowledged THEN ack_at END AS acked_at, active,
       coalesce(shelved_until > %(now)s, false) AS shelved
  FROM alarm
 WHERE first_at < %(until)s AND last_at >= %(since)s AND org_id = ANY(%(org_ids)s)
 ORDER BY id;
