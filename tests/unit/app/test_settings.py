from pathlib import Path

import pytest

from app.settings import REPOSITORY, Settings, WrongSetting, environment, load, markdown


def test_the_page_of_settings_is_current() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text("utf-8")
    assert page == markdown(), "run: .venv/bin/python -m app.settings > docs/settings.md"


def test_the_environment_wins_over_files(tmp_path: Path) -> None:
    (tmp_path / "waypost.toml").write_text('port = 1001\nhost = "a"\nlog_level = "DEBUG"\n')
    (tmp_path / ".env").write_text("# ours\nexport WAYPOST_PORT=1002\nWAYPOST_HOST='b'\nOTHER=1\n")
    loaded = load({"WAYPOST_PORT": "1003"}, tmp_path)
    assert (loaded.settings.port, loaded.settings.host) == (1003, "b")
    assert loaded.settings.log_level == "DEBUG"
    assert loaded.given == {"port", "host", "log_level"}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"WAYPOST_PROT": "1"}, "Unknown setting WAYPOST_PROT"),
        ({"WAYPOST_PORT": "many"}, "WAYPOST_PORT is 'many'"),
        ({"WAYPOST_PORT": "70000"}, "a port between 1 and 65535"),
        ({"WAYPOST_MQTT_PROTOCOL": "4"}, "3.1.1 or 5"),
        ({"WAYPOST_INGEST_SESSIONS": "3"}, "a divisor of 64"),
        ({"WAYPOST_LOG_LEVEL": "LOUD"}, "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match=says):
        load(environ, tmp_path)


def test_a_typing_mistake_in_a_file_is_no_silence(tmp_path: Path) -> None:
    (tmp_path / "waypost.toml").write_text("prot = 1\n")
    with pytest.raises(WrongSetting, match=r"WAYPOST_PROT in .*waypost\.toml"):
        load({}, tmp_path)


def test_names_of_the_tests_and_of_others_are_let_through(tmp_path: Path) -> None:
    load({"WAYPOST_TEST_SERVER": "x", "WAYPOST_SHOTS": "y", "PATH": "z"}, tmp_path)


def test_a_child_is_told_the_same_settings(tmp_path: Path) -> None:
    given = Settings(database_url="postgresql://x", port=81, data=tmp_path)
    assert load(environment(given), tmp_path).settings == given
