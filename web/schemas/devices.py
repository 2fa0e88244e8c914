"""Devices, as JSON."""

from pydantic import BaseModel, Field

from core.values import Kind
from web.schemas.words import Title


class NewDevice(BaseModel):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The MQTT user name.")
    kind: Kind
    org_id: int | None = Field(None, description="The account's own organisation if left out.")
    name: Title | None = None
    label: Title | None = Field(None, description="Plate or badge.")
    period_s: int = Field(10, ge=1, le=86_400, description="How often it reports.")
    outbox: bool = Field(True, description="Keeps messages until a receipt comes.")


class Credentials(BaseModel):
    """Shown this once; the password is not kept in readable form."""

    no: int
    id: str
    kind: str
    part: str
    topic: str
    org_id: int
    user: str
    password: str


class TextMessage(BaseModel):
    device_ids: list[str] = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=500)
