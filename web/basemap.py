"""The generated city, made once a process and kept as bytes."""

import gzip
import json
from functools import lru_cache
from hashlib import sha256

from devices.simulator.city import generate, to_geojson


@lru_cache(maxsize=2)
def basemap_bytes(seed: int) -> tuple[bytes, str]:
    """Gzipped GeoJSON text of that seed's city, and its ETag. The first call takes a while."""
    text = json.dumps(to_geojson(generate(seed)), ensure_ascii=False, separators=(",", ":"))
    body = gzip.compress(text.encode(), 6, mtime=0)
    return body, f'"{sha256(body).hexdigest()[:32]}"'
