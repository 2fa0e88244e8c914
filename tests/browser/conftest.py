"""A real browser before the real application on a real database.

Screenshots go to the folder named by WAYPOST_SHOTS, by default tests/browser/shots.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core.migrate import migrate
from tests.browser import district as districts
from tests.browser.district import LOGIN, PASSWORD, District
from tests.servers import servers

ROOT = Path(__file__).parents[2]
SHOTS = Path(os.environ.get("WAYPOST_SHOTS") or Path(__file__).parent / "shots")
FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# Units glide only where a graphics card draws. This hides that here none does.
HIDE_RENDERER = """
  const ask = WebGL2RenderingContext.prototype.getExtension;
  WebGL2RenderingContext.prototype.getExtension = function (name) {
    return name === 'WEBGL_debug_renderer_info' ? null : ask.call(this, name);
  };
"""


def until(check: Callable[[], object], what: str, seconds: float = 8.0) -> None:
    """Wait for what no element shows."""
    give_up = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < give_up, what
        time.sleep(0.1)


@dataclass
class Console:
    """One logged-in page, and what it asked for and said."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def log_in(self) -> None:
        self.page.goto(self.base)
        self.page.fill("input[name=user]", LOGIN)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector(".link.live")
        until(lambda: self.probe("ready()"), "the map was not drawn", 20)

    def probe(self, call: str) -> Any:
        """Ask the page's own modules: what no element shows."""
        return self.page.evaluate(f"async () => (await import('/console/js/probe.js')).{call}")

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


class WebProcess:
    """The web service as its own process, so that a test may kill it."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = url
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "web.server", self.url, str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                with urlopen(f"{self.base}/healthz"):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the web service did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(15)
            self.process = None


@pytest.fixture(scope="package")
def district() -> District:
    """A migrated database with a district in it."""
    server = servers()[0]
    url = server.create_database(f"waypost_browser_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    return districts.build(url)


@pytest.fixture
def conn(district: District) -> Iterator[districts.Conn]:
    with districts.connect(district.url) as conn:
        yield conn


@pytest.fixture(scope="package")
def web(district: District) -> Iterator[WebProcess]:
    process = WebProcess(district.url)
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_console(browser: Browser, web: WebProcess) -> Iterator[Callable[..., Console]]:
    """Opens a console and logs in; closes it after the test."""
    contexts = []

    def make(
        width: int = 1440,
        height: int = 900,
        language: str = "zh",
        theme: str = "light",
        smooth: bool = False,
    ) -> Console:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        # only before the first page: what a person switches later must stay switched
        context.add_init_script(
            "if (!localStorage.getItem('waypost.known')) {"
            f"localStorage.setItem('waypost.language', '{language}');"
            f"localStorage.setItem('waypost.theme', '{theme}') }}"
        )
        if smooth:
            context.add_init_script(HIDE_RENDERER)
        console = Console(context.new_page(), web.base)
        console.page.on("request", lambda request: console.requests.append(request.url))
        console.page.on("websocket", lambda ws: console.requests.append(ws.url))
        console.page.on("console", lambda message: console.log.append(message.text))
        console.page.on("pageerror", lambda error: console.log.append(str(error)))
        console.log_in()
        return console

    yield make
    for context in contexts:
        context.close()
