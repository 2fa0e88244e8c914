"""A small district in a database, as ingest and the evaluators would have left it."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from core.events import Event
from core.events_io import append_events
from core.values import OrgId, Point, Role, Viewer
from devices.simulator.city import City, generate
from dispatch.alarms import RaiseAlarm
from dispatch.alarms_io import raise_alarm
from dispatch.tasks import NewTask
from dispatch.tasks_io import create_task
from web.accounts_io import create_account

Conn = psycopg.Connection[Any]

LOGIN, PASSWORD = "dispatcher", "a-long-enough-word"
SEED = 1  # the city the web serves by default
_SURNAMES = "张王李赵陈刘杨黄周吴徐孙马朱胡林"
_NAMES = {"vehicle": "执法车", "camera": "记录仪", "drone": "无人机"}
_GIVEN = ("伟", "芳", "娜", "敏", "静", "磊", "强", "洋", "艳", "勇", "杰", "文轩", "雨桐", "浩然")
_TASKS = (
    ("street", "占道经营", 2), ("refuse", "暴露垃圾", 3), ("construction", "渣土车未覆盖", 2),
    ("gas", "燃气瓶存放检查", 1), ("advert", "店招破损", 4), ("street", "流动摊贩聚集", 3),
    ("refuse", "建筑垃圾偷倒", 3), ("other", "非机动车乱停放", 4),
    ("construction", "夜间施工噪声", 2),
)  # fmt: skip


@dataclass
class District:
    url: str
    city: City
    bureau: int
    viewer: Viewer
    squads: list[int]
    units: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)


def connect(url: str) -> Conn:
    return psycopg.connect(url, autocommit=True, options="-c timezone=UTC")


def _one(conn: Conn, query: str, *values: object) -> Any:
    row = conn.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def build(url: str, officers: int = 96, vehicles: int = 20, points: int = 32) -> District:
    """Fill a migrated database: organisations, account, units, points, windows, tasks."""
    rng = Random(5)
    city = generate(SEED)
    now = datetime.now(UTC)
    with connect(url) as conn:
        make_org = "INSERT INTO org (parent_id, kind, name) VALUES (%s, %s, %s) RETURNING id"
        bureau = _one(conn, make_org, None, "bureau", "澄江区城管执法局")
        brigade = _one(conn, make_org, bureau, "brigade", "滨江大队")
        squads = [_one(conn, make_org, brigade, "squad", f"{a.name_zh}中队") for a in city.areas]
        create_account(conn, LOGIN, PASSWORD, Role.DISPATCHER, bureau)
        viewer = Viewer(
            LOGIN, Role.DISPATCHER, OrgId(bureau), frozenset(map(OrgId, [bureau, brigade, *squads]))
        )
        here = District(url, city, bureau, viewer, squads)
        with conn.transaction():
            _units(conn, here, rng, now, officers, vehicles)
            _points(conn, here, rng, now, points)
            _fences(conn, here)
            _tracks(conn, here, rng, now)
            _tasks(conn, here, rng, now)
    return here


def _spot(here: District, rng: Random) -> tuple[float, float, int]:
    """A street corner within the view, and the squad it belongs to."""
    nodes = [n for n in here.city.graph.nodes if math.dist(n, (121.54, 31.22)) < 0.055]
    lon, lat = rng.choice(nodes)
    middles = [
        (sum(x for x, _ in a.ring) / len(a.ring), sum(y for _, y in a.ring) / len(a.ring))
        for a in here.city.areas
    ]
    nearest = min(range(len(middles)), key=lambda i: math.dist(middles[i], (lon, lat)))
    return lon, lat, here.squads[nearest]


def _units(
    conn: Conn, here: District, rng: Random, now: datetime, officers: int, vehicles: int
) -> None:
    for i in range(officers + vehicles + 16):
        kind = "officer" if i < officers else "vehicle" if i < officers + vehicles else "camera"
        kind = "drone" if i >= officers + vehicles + 13 else kind
        lon, lat, org = _spot(here, rng)
        person = None
        name, label = f"{_NAMES.get(kind)} {i:03d}", None
        if kind == "officer":
            name, label = rng.choice(_SURNAMES) + rng.choice(_GIVEN), f"{310100 + i}"
            person = _one(
                conn, "INSERT INTO person (org_id, badge, name) VALUES (%s, %s, %s) RETURNING id",
                org, label, name,
            )  # fmt: skip
        if kind == "vehicle":
            label = f"沪A·{rng.randint(10000, 99999)}"
        no = _one(
            conn,
            "INSERT INTO device (id, kind, part, org_id, person_id, name, label, period_s)"
            " VALUES (%s, %s, 0, %s, %s, %s, %s, 5) RETURNING no",
            f"{kind}-{i:04d}", kind, org, person, name, label,
        )  # fmt: skip
        link = "silent" if i % 29 == 3 else "stale" if i % 19 == 5 else "online"
        at = now - timedelta(seconds=2400 if link == "silent" else 75 if link == "stale" else 1)
        state = {"officer": rng.choice(["on_duty"] * 5 + ["break"]), "camera": "recording"}
        conn.execute(
            "INSERT INTO unit_state (device_no, org_id, position_at, position_seq, lat_e7, lon_e7,"
            " acc_dm, spd_cms, crs_ddeg, bat_pct, status_at, status_seq, state, heard_at, link,"
            " link_reason, link_since)"
            " VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, %s)",
            (no, org, at, round(lat * 1e7), round(lon * 1e7), rng.randint(40, 140),
             800 if kind == "vehicle" else 120, rng.randint(0, 3599), rng.randint(9, 100), at,
             state.get(kind, "online"), at, link, None if link == "online" else "late_1m", at),
        )  # fmt: skip
        here.units.append(no)


def _points(conn: Conn, here: District, rng: Random, now: datetime, count: int) -> None:
    results = ["on_time"] * 9 + ["late", "missed", "undeterminable", "early"]
    for i in range(count):
        lon, lat, org = _spot(here, rng)
        name = (
            f"{rng.choice(here.city.labels).name.zh}{rng.choice(['东门', '路口', '广场', '北侧'])}"
        )
        fence = _one(
            conn,
            "INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, created_by)"
            " VALUES (%s, %s, 'point', %s, %s, 40, 'admin') RETURNING id", org, name, lat, lon,
        )  # fmt: skip
        point = _one(
            conn,
            "INSERT INTO patrol_point (org_id, name, fence_id, tag) VALUES (%s, %s, %s, %s)"
            " RETURNING id", org, name, fence, f"04A1B2C3D4{i:02X}80",
        )  # fmt: skip
        here.points.append(point)
        start = now - timedelta(hours=6, minutes=rng.randint(0, 90))
        for k in range(5):
            opens = start + timedelta(minutes=105 * k)
            closes = opens + timedelta(minutes=60)
            window = _one(
                conn,
                "INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)"
                " VALUES (%s, %s, %s, %s, %s) RETURNING id", org, point, opens, closes, closes,
            )  # fmt: skip
            if closes < now or (opens < now and rng.random() < 0.45):
                judge(conn, here, window, rng.choice(results if closes < now else ["on_time"]))


_WHY = {
    "on_time": ("时间窗内在点位停留 3 分钟", "Stayed at the point for 3 minutes within the window"),
    "late": ("时间窗结束后 6 分钟到位", "Arrived 6 minutes after the window closed"),
    "early": ("时间窗开始前 4 分钟到位", "Came 4 minutes before the window opened"),
    "missed": ("时间窗与宽限期内无打卡，也无人停留", "No check-in, and nobody stayed there"),
    "undeterminable": ("时间窗内接入中断 22 分钟", "Ingest was down for 22 minutes in the window"),
}  # fmt: skip


def judge(conn: Conn, here: District, window: int, result: str) -> None:
    """Add a verdict and tell the console, as the evaluator does."""
    zh, en = _WHY[result]
    conn.execute(
        "INSERT INTO patrol_verdict (window_id, version, result, rule, reasons, evidence,"
        " observed_share) SELECT %s, 1 + count(*), %s, 'v1', %s, '[]', 0.94"
        " FROM patrol_verdict WHERE window_id = %s",
        (window, result, Jsonb([{"code": result, "zh": zh, "en": en}]), window),
    )
    shape = _one(conn, "SELECT shape FROM window_shape WHERE id = %s", window)
    tell(conn, "window.judged", shape["org_id"], {"window": shape})


def tell(conn: Conn, kind: str, org_id: int, body: dict[str, Any]) -> None:
    with conn.transaction():
        append_events(conn, [Event(kind, datetime.now(UTC), org_id, body)])


def _fences(conn: Conn, here: District) -> None:
    for i, (x, y, name, purpose) in enumerate(
        ((121.523, 31.226, "早市管控区", "area"), (121.556, 31.231, "禁停禁设区", "forbidden"))
    ):
        ring = [
            [x, y],
            [x + 0.007, y + 0.001],
            [x + 0.008, y + 0.006],
            [x - 0.001, y + 0.005],
            [x, y],
        ]
        conn.execute(
            "INSERT INTO fence (org_id, name, purpose, polygon, created_by)"
            " VALUES (%s, %s, %s, %s, 'admin')",
            (here.squads[i], name, purpose, Jsonb({"type": "Polygon", "coordinates": [ring]})),
        )


def _tracks(conn: Conn, here: District, rng: Random, now: datetime) -> None:
    """The last hour of the first six officers, along the streets, ending where they are."""
    near: dict[int, list[int]] = {}
    for a, b, _, _ in here.city.graph.edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    nodes = here.city.graph.nodes
    conn.execute("SELECT make_partition(%s)", (now.date(),))
    conn.execute("SELECT make_partition(%s)", ((now - timedelta(hours=1)).date(),))
    for no in here.units[:6]:
        lon, lat = conn.execute(
            "SELECT lon_e7 / 1e7, lat_e7 / 1e7 FROM unit_state WHERE device_no = %s", (no,)
        ).fetchone() or (0, 0)
        node = min(range(len(nodes)), key=lambda i: math.dist(nodes[i], (float(lon), float(lat))))
        last = None
        for i in range(110):
            following = [n for n in near[node] if n != last] or near[node]
            at = now - timedelta(seconds=32 * i)
            x, y = nodes[node]
            conn.execute(
                "INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,"
                " acc_dm, spd_cms, src, datum, flags)"
                " VALUES (%s, %s, %s, 0, %s, %s, %s, 60, %s, 0, 0, 1)",
                (at, at, 1000 - i, no, round(y * 1e7), round(x * 1e7),
                 round(110 + 60 * math.sin(i / 7) + rng.uniform(-30, 30))),
            )  # fmt: skip
            last, node = node, rng.choice(following)


def _tasks(conn: Conn, here: District, rng: Random, now: datetime) -> None:
    """Tasks in several states: every second one is somebody's."""
    for i, (kind, title, priority) in enumerate(_TASKS):
        lon, lat, org = _spot(here, rng)
        officer = None
        if i % 2:
            officer = _one(
                conn, "SELECT id FROM device WHERE no = %s", here.units[7 + 3 * i]
            )  # fmt: skip
        draft = NewTask(
            kind=kind, title=title, instructions="到场核实，拍照取证后反馈", priority=priority,
            place=Point(lat, lon), org_id=org, device_id=officer,
            deadline=now + timedelta(minutes=25 + 17 * i),
        )  # fmt: skip
        _, events = create_task(conn, here.viewer, draft, now - timedelta(minutes=3 + 5 * i))
        append_events(conn, events)


def alarm(conn: Conn, here: District, kind: str, no: int, priority: int) -> None:
    """Raise one about a unit."""
    org, lon, lat = conn.execute(
        "SELECT org_id, lon_e7 / 1e7::float8, lat_e7 / 1e7::float8 FROM unit_state"
        " WHERE device_no = %s",
        (no,),
    ).fetchone() or (0, 0, 0)
    command = RaiseAlarm(
        type=kind, source=f"device:{no}", org_id=org, priority=priority, at=datetime.now(UTC),
        device_no=no, latched=kind == "sos", lon_deg=lon, lat_deg=lat,
    )  # fmt: skip
    with conn.transaction():
        append_events(conn, [raise_alarm(conn, command)])


def move_all(conn: Conn, rng: Random, metres: float = 14.0) -> None:
    """Every unit online takes a step the way it looks."""
    rows = conn.execute(
        "SELECT device_no, crs_ddeg FROM unit_state WHERE link = 'online'"
    ).fetchall()
    steps = []
    for no, crs in rows:
        turn = (crs + rng.randint(-150, 150)) % 3600
        a = math.radians(turn / 10)
        lat, lon = metres * math.cos(a) * 1e7 / 111_320, metres * math.sin(a) * 1e7 / 95_200
        steps.append((no, round(lat), round(lon), turn))
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(
            "UPDATE unit_state SET lat_e7 = lat_e7 + %s, lon_e7 = lon_e7 + %s, crs_ddeg = %s,"
            " position_at = now(), position_seq = position_seq + 1, heard_at = now(),"
            " change = pg_current_xact_id() WHERE device_no = %s",
            [(lat, lon, turn, no) for no, lat, lon, turn in steps],
        )
