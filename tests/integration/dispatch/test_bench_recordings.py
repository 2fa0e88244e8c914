"""The benchmark of body cameras runs."""

import pytest

from tests.bench.recordings import main as bench


def test_the_bench_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(["--small", "--json"]) == 0
    assert '"bench": "recordings"' in capsys.readouterr().out
