"""Routes in order, and strictly in order."""

from dataclasses import replace

from geo.patrol.evidence import Evidence, Verdict, Window
from geo.patrol.order import in_order
from tests.table import table
from tests.unit.geo.patrol.test_verdicts import GEOVISION, sight, tap, verdict_of


def walk(order: str, minutes: str) -> list[tuple[Window, Verdict | None]]:
    """Stops 1, 2, 3 … visited at these minutes; `m` missed, `?` not yet judged."""
    pairs: list[tuple[Window, Verdict | None]] = []
    for no, word in enumerate(minutes.split(","), 1):
        window = replace(GEOVISION, id=no, route_order=order, round="r", stop_no=no)
        seen = (
            Evidence(sights=[sight()])
            if word == "m"
            else Evidence([tap(float(word))] if word != "?" else [])
        )
        pairs.append((window, None if word == "?" else verdict_of(window, seen)))
    return pairs


@table("""
    order           minutes    results
    free            9,5,1      on_time,on_time,on_time
    ordered         1,5,9      on_time,on_time,on_time
    ordered         1,9,5      on_time,on_time,out_of_order
    ordered         9,1,5      on_time,out_of_order,out_of_order
    ordered         m,1,5      missed,on_time,on_time
    ordered_strict  m,1,5      missed,out_of_order,out_of_order   # a stop before was skipped
    ordered_strict  1,m,5      on_time,missed,out_of_order
    ordered_strict  ?,1,5      none,on_time,on_time                # not known yet: nothing said
    ordered         45,-45,50  late,out_of_order,late
""")
def test_walks(order: str, minutes: str, results: str) -> None:
    found = in_order(walk(order, minutes))
    assert ",".join("none" if one is None else one.result for one in found) == results


def test_it_says_before_which_stop() -> None:
    found = in_order(walk("ordered", "1,9,5"))
    assert found[2] is not None
    assert found[2].reasons[0]["zh"] == "未按路线次序：第 3 站在第 2 站之前到访"


def test_the_order_of_windows_given_does_not_matter() -> None:
    pairs = walk("ordered_strict", "1,m,5")
    assert in_order(pairs[::-1])[::-1] == in_order(pairs)
