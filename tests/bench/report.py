"""One table and one JSON line for every benchmark, so that two runs can be laid side by side."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

Runs = Mapping[str, Sequence[float]]


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def spread(values: Sequence[float]) -> list[float]:
    return [min(values), max(values)]


def show(title: str, figures: Runs, unit: Mapping[str, str] | None = None) -> None:
    """A row a figure: median, smallest, largest."""
    print(f"\n{title}", file=sys.stderr)
    for name, values in figures.items():
        low, high = spread(values)
        shown = (unit or {}).get(name, "")
        middle = statistics.median(values)
        print(f"  {name:<44}{middle:>14,.2f}{low:>14,.2f}{high:>14,.2f} {shown}", file=sys.stderr)


def line(bench: str, runs: int, figures: Runs, ratio: Runs) -> str:
    """What `--json` prints."""
    return json.dumps(
        {
            "bench": bench,
            "runs": runs,
            "median": {name: statistics.median(v) for name, v in figures.items()},
            "spread": {name: spread(v) for name, v in figures.items()},
            "ratio": {name: statistics.median(v) for name, v in ratio.items()},
            "machine": machine(),
        }
    )
