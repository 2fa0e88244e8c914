"""Appeals, excuses and rules, as JSON."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]


class Exhibit(BaseModel):
    """A piece of evidence: words, or a file kept elsewhere by its hash."""

    kind: Literal["note", "photo", "video", "sound", "document", "witness"] = "note"
    note: Note = ""
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")] | None = None
    uri: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    at: AwareDatetime | None = None


class NewAppeal(BaseModel):
    window_id: int
    kind: Literal["makeup", "appeal"] = Field(
        description="makeup 补签: I was there. appeal 申诉: I need not have been, or could not."
    )
    reason: Words
    evidence: Annotated[list[Exhibit], Field(max_length=20)] = []


class NewDecision(BaseModel):
    decision: Literal["approved", "refused", "withdrawn"]
    note: Note = ""


class NewExcuse(BaseModel):
    kind: Literal["dispatch", "leave", "order"] = "order"
    reason: Words
    task_id: int | None = None


class NewRule(BaseModel):
    version: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._-]{1,40}$")]
    body: dict[str, Any] = Field(description='What differs: {"judge": {"gap_min_s": 90}}.')
    note: Note = ""


class Activation(BaseModel):
    valid_from: AwareDatetime | None = Field(None, description="Now, when left out.")


class BackTest(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    body: dict[str, Any]
    from_at: AwareDatetime = Field(alias="from")
    to: AwareDatetime
