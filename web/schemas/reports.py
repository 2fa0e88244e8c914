"""What rates and reports are asked for."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class RateFilter(BaseModel):
    since: AwareDatetime = Field(alias="from", description="Beginning, with offset.")
    until: AwareDatetime = Field(alias="to", description="End (not included), with offset.")
    by: Literal["squad", "org", "point", "officer", "day"] = "squad"
    org_id: int | None = Field(None, description="This organisation and everything below it.")
    as_of: AwareDatetime | None = Field(None, description="Answer with what was known then.")


class MonthFilter(BaseModel):
    month: Month
    org_id: int | None = None
    as_of: AwareDatetime | None = None
    format: Literal["json", "csv", "xlsx"] = "json"
    lang: Literal["zh", "en"] = "zh"


class Freeze(BaseModel):
    month: Month
    org_id: int | None = None


class Signature(BaseModel):
    role: Literal["officer", "leader"]
    version: int = Field(ge=1, description="The version that was read.")
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)] = ""
