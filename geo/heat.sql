-- dwell --
-- Seconds that devices spent in each cell of a grid of about 50 m. A fix stands for the time to
-- the next, at most a minute: where somebody fell silent nobody knows how long he stayed.
SELECT round(avg(lon_e7) / 1e7, 6)::float8, round(avg(lat_e7) / 1e7, 6)::float8,
       sum(dwell_s)::integer
  FROM (SELECT p.lon_e7, p.lat_e7,
               least(60, extract(epoch FROM
                   coalesce(lead(p.at) OVER (PARTITION BY p.device_no ORDER BY p.at, p.seq),
                            least(p.at + interval '1 minute', %(until)s)) - p.at))::float8 AS dwell_s
          FROM position p
          JOIN device ON device.no = p.device_no
         WHERE p.at >= %(since)s AND p.at < %(until)s AND p.flags & 1 = 1
           AND device.kind = %(kind)s AND device.org_id = ANY(%(org_ids)s)) fix
 GROUP BY lon_e7 / 5250, lat_e7 / 4500
HAVING sum(dwell_s) >= 5
 ORDER BY 3 DESC, 1, 2
 LIMIT %(limit)s;
