"""axe-core finds no serious fault on any page, in either language and theme."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Console
from tests.browser.district import District

Open = Callable[..., Console]
PAGES = (
    "", "new/121.54,31.22", "draw", "patrol", "patrol/appeals", "patrol/marks", "patrol/coverage",
    "patrol/rates", "patrol/logs", "patrol/plans", "patrol/tags", "patrol/standing",
    "patrol/rules", "followup", "followup/complaints", "followup/alarms", "followup/conduct",
    "gas", "gas/cylinder", "gas/trace", "gas/figures", "gas/registers",
    "equipment", "equipment/ledger", "equipment/people", "equipment/cameras", "equipment/audit",
    "equipment/samples", "equipment/retention", "board", "board/data", "board/squads", "screen",
)  # fmt: skip
SERIOUS = {"serious", "critical"}
ONLY_FAULTS = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}


# Words and boxes are the same in the dark; what differs are the colours.
IN_THE_DARK = (
    "",
    "new/121.54,31.22",
    "patrol/rates",
    "followup/conduct",
    "gas",
    "gas/cylinder",
    "gas/trace",
    "gas/figures",
    "gas/registers",
    "equipment",
    "equipment/ledger",
    "equipment/cameras",
    "equipment/audit",
    "equipment/samples",
    "equipment/retention",
    "board",
)


@pytest.mark.parametrize(
    ("language", "theme", "pages"), [("zh", "light", PAGES), ("en", "dark", IN_THE_DARK)]
)
def test_no_serious_fault(
    open_console: Open, district: District, language: str, theme: str, pages: tuple[str, ...]
) -> None:
    console = open_console(language=language, theme=theme)
    page = console.page
    task = page.evaluate("async () => [...(await import('/console/js/store.js')).open.value][0].id")
    axe = Axe()
    found = []
    for path in (
        *pages,
        f"task/{task}",
        f"unit/{district.units[0]}",
        f"point/{district.points[0]}",
    ):
        page.goto(f"{console.base}/#/{path}")
        page.wait_for_timeout(350)
        for fault in axe.run(page, options=ONLY_FAULTS).response["violations"]:
            if fault["impact"] in SERIOUS:
                where = [node["target"][0] for node in fault["nodes"]][:4]
                found.append(f"{path or 'map'}: {fault['id']} {fault['help']} {where}")
    assert found == [], "\n".join(found)
