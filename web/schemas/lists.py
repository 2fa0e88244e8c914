"""Cursors of a list, and the times of a span."""

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from core import limits

Limit = Annotated[int, Query(ge=1, le=limits.PAGE_MAX, description="At most so many items.")]
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="The `next` of the page before.")]
AfterText = Annotated[str, Query(max_length=64, description="The `next` of the page before.")]
Few = Annotated[int, Query(ge=1, le=50, description="At most so many units.")]
Lon = Annotated[float, Query(ge=-180, le=180)]
Lat = Annotated[float, Query(ge=-90, le=90)]
From = Annotated[AwareDatetime, Query(alias="from", description="Beginning, with offset.")]
To = Annotated[AwareDatetime, Query(alias="to", description="End (not included), with offset.")]
Since = Annotated[AwareDatetime | None, Query(alias="from", description="With offset.")]
Until = Annotated[AwareDatetime | None, Query(alias="to", description="With offset.")]
AsOf = Annotated[AwareDatetime | None, Query(description="Answer with what was known then.")]
WindowId = Annotated[int, Query(ge=0, le=2**63 - 1)]
DEFAULT = limits.PAGE_DEFAULT
BEST = 5
