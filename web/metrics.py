"""What this process counts. One registry an application, none global."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Meters:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "waypost_http_requests", "REST answers sent.", ["method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.units = self.gauge("waypost_units", "Units by state of their link.", ["link"])
        self.database_up = self.gauge("waypost_database_up", "1 when the database answered.")
        self._gauges: dict[str, Gauge] = {
            name: self.gauge(f"waypost_{name}", text) for name, text in _GAUGES.items()
        }

    def gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or [], registry=self.registry)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge that is read when somebody asks."""
        self.gauge(name, text).set_function(read)

    def set_all(self, values: dict[str, float], links: dict[str, int]) -> None:
        for name, gauge in self._gauges.items():
            gauge.set(values[name])
        for link, count in links.items():
            self.units.labels(link).set(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)


_GAUGES = {
    "quarantined": "Messages in quarantine that were not driven again.",
    "unpublished": "Messages to devices that the broker does not have yet.",
    "unpublished_age_s": "Age of the oldest of them.",
    "event_id": "Id of the newest event.",
    "ingest_silence_s": "Time since a heartbeat went through broker and database.",
    "unjudged_age_s": "Age of the oldest batch that no follower has judged.",
    "stored_last_minute": "Readings stored in the last minute.",
    "duplicate_last_minute": "Duplicates that fell away in the last minute.",
    "broker_dropped": "Messages the broker dropped since it started, its queue being full.",
    "open_alarms": "Alarms that are active or not acknowledged.",
}
