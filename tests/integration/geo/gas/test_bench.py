"""The benchmark of cylinders runs, and its two ways of judging agree."""

import pytest

from tests.bench.cylinders import main as bench


def test_the_bench_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(["--small", "--json"]) == 0
    assert '"bench": "cylinders"' in capsys.readouterr().out
