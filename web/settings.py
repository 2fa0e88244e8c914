"""What the web edge needs to know. app/ makes one; nothing here reads the environment."""

from dataclasses import dataclass

from core import limits


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`allowed_origins` are browser origins besides our own host, such as a proxy's name."""

    database_url: str
    demo: bool = False
    live_period_s: float = limits.LIVE_PERIOD_S
    allowed_origins: frozenset[str] = frozenset()
    secure_cookies: bool = False  # true behind https
    city_seed: int = 1
    connections_max: int = 10
