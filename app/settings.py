"""Every setting: its name, its default, and what it means, said once.

A value comes from the environment (`WAYPOST_PORT=8081`), else from `.env` beside the
launcher, else from `waypost.toml` there (`port = 8081`), else it is the default. A
`WAYPOST_` name nobody knows is an error: a typing mistake must not pass in silence.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from core.errors import AppError
from core.limits import PARTS

REPOSITORY = Path(__file__).resolve().parent.parent
PREFIX = "WAYPOST_"
# Read by the test suite alone; listed so that they are no typing mistakes.
TEST_NAMES = {
    "WAYPOST_TEST_SERVER": "a PostgreSQL server the tests use in place of their own",
    "WAYPOST_SHOTS": "a folder the browser tests write screenshots to",
    "WAYPOST_FAILPOINT": "where ingest kills or freezes itself in a fault test, for example "
    "`committed:SIGKILL:20` (see ingest/failpoints.py)",
    "WAYPOST_FAULT_HOLE_S": "how long the networks of the fault tests are black holes (default 8)",
}


class WrongSetting(AppError):
    """A setting cannot be used as it stands."""

    code = "wrong_setting"


def _setting(default: Any, doc: str, example: str = "", secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "example": example, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """Names here are lower case; outside they are upper case behind `WAYPOST_`."""

    database_url: str | None = _setting(
        None,
        "PostgreSQL (15 or newer) to use in place of the embedded one. Several hosts may be "
        "named; the one that accepts writes is taken.",
        "postgresql://user:password@host:5432/waypost",
        secret=True,
    )
    mqtt_url: str | None = _setting(
        None,
        "MQTT broker to use in place of the embedded Mosquitto, with the credentials of the "
        "ingest account.",
        "mqtt://user:password@host:1883",
        secret=True,
    )
    mqtt_admin_url: str | None = _setting(
        None,
        "Account that may administer the dynamic-security plugin of that broker. Without it "
        "device credentials are kept in the database only.",
        "mqtt://user:password@host:1883",
        secret=True,
    )
    mqtt_gateway_url: str | None = _setting(
        None,
        "Account that may publish for every device of that broker; `simulate` and `replay` use it.",
        "mqtt://user:password@host:1883",
        secret=True,
    )
    mqtt_protocol: str = _setting("5", "MQTT version spoken by our own clients: `3.1.1` or `5`.")
    mqtt_host: str = _setting("0.0.0.0", "Address the embedded broker listens on.")  # noqa: S104
    mqtt_port: int = _setting(
        1883, "Port of the embedded broker. If it is taken and not set here, the next free one."
    )
    data: Path | None = _setting(  # noqa: RUF009  a field like the others
        None,
        "Folder of everything the embedded servers keep, and of generated passwords. Default: "
        "`data` beside the launcher; `/var/lib/waypost` where the servers' own user cannot "
        "reach that.",
    )
    host: str = _setting("127.0.0.1", "Address the web console and the API listen on.")
    port: int = _setting(
        8080, "Port of the web console. If it is taken and not set here, the next free one."
    )
    public_url: str | None = _setting(
        None,
        "Address under which browsers reach the console, where a proxy stands before it. It is "
        "what the Origin of a request is compared with.",
        "https://waypost.example.org",
    )
    ingest_sessions: int = _setting(
        1, "How many ingest sessions share the 64 parts: a divisor of 64, the same everywhere."
    )
    tag_kek_file: Path | None = _setting(  # noqa: RUF009  a field like the others
        None,
        "File with the key that encrypts the keys of NFC tags in the database: 32 bytes in hex. "
        "The same on every machine that judges check-ins. Default: `tag-kek` in the data folder, "
        "made when the first tag key is added.",
    )
    log_level: str = _setting("INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`.")

    def __post_init__(self) -> None:
        if self.mqtt_protocol not in ("3.1.1", "5"):
            raise _wrong("mqtt_protocol", self.mqtt_protocol, "3.1.1 or 5")
        if self.ingest_sessions < 1 or PARTS % self.ingest_sessions:
            raise _wrong("ingest_sessions", self.ingest_sessions, f"a divisor of {PARTS}")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise _wrong("log_level", self.log_level, "DEBUG, INFO, WARNING or ERROR")
        for name in ("port", "mqtt_port"):
            if not 1 <= getattr(self, name) <= 65535:
                raise _wrong(name, getattr(self, name), "a port between 1 and 65535")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and which of them somebody set on purpose."""

    settings: Settings
    given: frozenset[str]


def load(environ: Mapping[str, str] | None = None, folder: Path = REPOSITORY) -> Loaded:
    """Read all sources. Raises WrongSetting with a sentence that names the culprit."""
    named = _from_toml(folder / "waypost.toml")
    named |= _from_env_file(folder / ".env")
    named |= _checked(os.environ if environ is None else environ, "the environment")
    hints = get_type_hints(Settings)
    values = {name: _convert(name, text, hints[name]) for name, text in named.items()}
    return Loaded(Settings(**values), frozenset(values))


def environment(settings: Settings) -> dict[str, str]:
    """The same settings as environment variables, for a child process."""
    values = {one.name: getattr(settings, one.name) for one in fields(Settings)}
    return {outside(name): str(value) for name, value in values.items() if value is not None}


def outside(name: str) -> str:
    return PREFIX + name.upper()


def markdown() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Generated from `app/settings.py`; change it there, then run",
        "`.venv/bin/python -m app.settings > docs/settings.md`.",
        "",
        "A value comes from the environment, else from `.env` beside the launcher, else from",
        "`waypost.toml` there (without the prefix, in lower case: `port = 8081`), else it is the",
        "default. A `WAYPOST_` name that is not on this page is an error.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    for one in fields(Settings):
        example = f" Example: `{one.metadata['example']}`" if one.metadata["example"] else ""
        lines.append(
            f"| `{outside(one.name)}` | {_default(one)} | {one.metadata['doc']}{example} |"
        )
    lines += ["", "Read by the test suite alone:", ""]
    lines += [f"* `{name}`: {doc}." for name, doc in TEST_NAMES.items()]
    return "\n".join(lines) + "\n"


def _default(one: "Field[Any]") -> str:
    return "" if one.default is None else f"`{one.default}`"


def _checked(pairs: Mapping[str, str], source: str) -> dict[str, str]:
    """The settings among the pairs, by inside name; an empty value means not set."""
    known = {outside(one.name): one.name for one in fields(Settings)}
    found = {}
    for name, text in pairs.items():
        if not name.startswith(PREFIX) or name in TEST_NAMES:
            continue
        if name not in known:
            raise WrongSetting(
                f"Unknown setting {name} in {source}. docs/settings.md lists the names there are."
            )
        if text:
            found[known[name]] = text
    return found


def _from_env_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise WrongSetting(f"Line {number} of {path} is no NAME=value.")
        pairs[name.strip()] = value.strip().strip("\"'")
    return _checked(pairs, str(path))


def _from_toml(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise WrongSetting(f"{path} is no valid TOML: {error}.") from None
    return _checked({outside(name): str(value) for name, value in values.items()}, str(path))


def _convert(name: str, text: str, hint: Any) -> Any:
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    try:
        return kinds[0](text)
    except ValueError:
        raise _wrong(name, text, "a whole number") from None


def _wrong(name: str, value: object, wanted: str) -> WrongSetting:
    return WrongSetting(f"{outside(name)} is {value!r}, but must be {wanted}.")


if __name__ == "__main__":
    print(markdown(), end="")
