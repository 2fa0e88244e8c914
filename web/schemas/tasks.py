"""Tasks and their moves, as JSON."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, model_validator

from dispatch.tasks import WORDS, Move
from web.schemas.words import Title

Key = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=4_000)]
MoveWord = Annotated[
    Move,
    BeforeValidator(lambda word: WORDS.get(word, word) if isinstance(word, str) else word),
    Field(description="A move, or the state it leads to, such as `en_route` for `depart`."),
]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]


class Placed(BaseModel):
    lon: Lon | None = None
    lat: Lat | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "Placed":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("give both lon and lat, or neither")
        return self


Exempt = Annotated[
    tuple[int, ...],
    Field(max_length=50, description="Patrol windows the unit need not serve because it is sent."),
]


class TaskDraft(Placed):
    kind: str = Field(min_length=1, max_length=64)
    title: Title
    instructions: Text = ""
    priority: int = Field(3, ge=1, le=4, description="1 is the most urgent.")
    deadline: AwareDatetime | None = None
    org_id: int | None = None
    device_id: str | None = Field(None, description="Assign to this unit at once.")
    exempt_window_ids: Exempt = ()
    starts_at: AwareDatetime | None = Field(
        None, description="Scheduled work: the unit is reserved, and offered it shortly before."
    )
    idempotency_key: Key | None = None


class TaskCommand(Placed):
    move: MoveWord
    version: int = Field(ge=0, description="The version that was looked at.")
    idempotency_key: Key | None = None
    reason: Text | None = None
    device_id: str | None = Field(None, description="The unit, for `assign` and `reserve`.")
    at: AwareDatetime | None = None
    until: AwareDatetime | None = Field(
        None,
        description="The new deadline of `extend`, when a deferred task comes back, when reserved "
        "work begins.",
    )
    exempt_window_ids: Exempt = ()


class SupervisionStep(BaseModel):
    step: str = Field(min_length=1, max_length=32, description="`reminder`, `letter`, `notice` …")
    reason: str = Field(min_length=1, max_length=1_000)


class CallbackSaid(BaseModel):
    """`solved` and `satisfied` are what the citizen said; left out where nobody asked."""

    answered: bool
    solved: bool | None = None
    satisfied: bool | None = None
    note: str = Field("", max_length=1_000)
