-- duty --
-- The verdict as it stands, and what was last said of it.
SELECT v.version, v.status, v.org_id, said.id AS said_id, said.verdict_version AS said_version,
       said.created_by AS said_by, review.decision
  FROM recording_verdict_now v
  LEFT JOIN LATERAL (SELECT * FROM recording_clarification c
                      WHERE c.task_id = v.task_id AND c.person_id = v.person_id
                      ORDER BY c.id DESC LIMIT 1) said ON true
  LEFT JOIN recording_review review ON review.clarification_id = said.id
 WHERE v.task_id = %(task_id)s AND v.person_id = %(person_id)s AND v.org_id = ANY(%(org_ids)s);

-- lock --
-- Two people at one duty, one after the other.
SELECT pg_advisory_xact_lock(7305114, (%(task_id)s %% 1000000)::int);

-- add --
INSERT INTO recording_clarification (task_id, person_id, verdict_version, org_id, reason, note,
                                     created_at, created_by)
VALUES (%(task_id)s, %(person_id)s, %(version)s, %(org_id)s, %(reason)s, %(note)s, %(now)s, %(by)s)
RETURNING id;

-- about --
SELECT c.id, c.task_id, c.person_id, c.org_id, c.created_by, c.reason, review.decision
  FROM recording_clarification c
  LEFT JOIN recording_review review ON review.clarification_id = c.id
 WHERE c.id = %(id)s AND c.org_id = ANY(%(org_ids)s);

-- review --
INSERT INTO recording_review (clarification_id, decision, note, decided_at, decided_by)
VALUES (%(id)s, %(decision)s, %(note)s, %(now)s, %(by)s)
    ON CONFLICT DO NOTHING
RETURNING 1;

-- of_duty --
SELECT c.id, c.verdict_version, c.reason, c.note, c.created_at, c.created_by, review.decision,
       review.note AS review_note, review.decided_at, review.decided_by
  FROM recording_clarification c
  LEFT JOIN recording_review review ON review.clarification_id = c.id
 WHERE c.task_id = %(task_id)s AND c.person_id = %(person_id)s AND c.org_id = ANY(%(org_ids)s)
 ORDER BY c.id DESC;

-- scene --
SELECT scene_from FROM recording_verdict_now
 WHERE task_id = %(task_id)s AND person_id = %(person_id)s;

-- faults --
-- What cameras could not do, by their own word or by an accepted reason: for the equipment manager.
-- Done with once the camera was reported, repaired, replaced or issued since.
SELECT v.task_id, v.person_id, person.name AS person, person.badge, v.org_id, v.scene_from, v.status,
       v.reasons, said.reason AS clarification, h.device_no, device.id AS device_id, asset.id AS asset_id,
       a.state AS asset_state
  FROM recording_verdict_now v
  JOIN person ON person.id = v.person_id
  LEFT JOIN LATERAL (SELECT c.id, c.reason FROM recording_clarification c
                      WHERE c.task_id = v.task_id AND c.person_id = v.person_id
                      ORDER BY c.id DESC LIMIT 1) said ON true
  LEFT JOIN recording_review review ON review.clarification_id = said.id
  LEFT JOIN camera_holding h ON h.person_id = v.person_id AND h.from_at <= v.scene_to
   AND coalesce(h.until_at, 'infinity') > v.scene_from
  LEFT JOIN device ON device.no = h.device_no
  LEFT JOIN asset ON asset.device_no = h.device_no
  LEFT JOIN asset_now a ON a.id = asset.id
 WHERE v.org_id = ANY(%(org_ids)s) AND v.scene_from >= %(since)s
   AND (v.status = 'DEVICE_EXCUSE'
        OR (review.decision = 'accepted' AND said.reason = ANY(%(device_reasons)s)))
   AND NOT EXISTS (
       SELECT FROM asset_move m
        WHERE m.at >= v.scene_from AND m.version > 1
          AND (m.asset_id = asset.id AND m.move IN ('report_fault', 'send_repair', 'repaired', 'retire')
               OR m.person_id = v.person_id AND m.move IN ('issue', 'lend')))
 ORDER BY v.scene_from DESC LIMIT 200;
