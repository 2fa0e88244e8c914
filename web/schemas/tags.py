"""Tags, their keys and what check-ins prove, as JSON."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from core import limits
from web.schemas.lists import DEFAULT

Hex = Field(max_length=64, description="In hex; any case, `:`, `-` or spaces between.")


class NewTag(BaseModel):
    uid: str = Hex
    point_id: int
    chip: Literal["uid", "sun"] = Field("uid", description="sun: an NTAG 424 DNA that signs.")


class NewKey(BaseModel):
    purpose: Literal["meta", "file"]
    key: str = Field(max_length=64, description="16 bytes in hex. Never given back.")
    uid: str | None = Field(None, max_length=64, description="Of one tag alone, used as it is.")
    suffix: str | None = Field(
        None, max_length=48, description="Hex behind the UID in the diversification (AN10922)."
    )


class PointPage(BaseModel):
    zh: str = Field(max_length=4_000)
    en: str = Field(max_length=4_000)


class ProofFilter(BaseModel):
    """Which check-ins: a page of a span by corrected time, of a point, a device, a flag …"""

    limit: int = Field(DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: str = Field("", max_length=80, description="The `next` of the page before.")
    since: AwareDatetime | None = Field(None, description="With offset; the last 24 hours.")
    until: AwareDatetime | None = Field(None, description="With offset.")
    point_id: int | None = None
    device_no: int | None = None
    flag: str | None = Field(None, max_length=40, description="A flag, or an auth such as replay.")
