"""Log-in and session, as JSON."""

from pydantic import BaseModel, Field


class LogIn(BaseModel):
    user: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class Session(BaseModel):
    login: str
    role: str
    org_id: int
    org: str
    org_ids: list[int]
