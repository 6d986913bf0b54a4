"""A web service: record events; ask where a customer is, why there, and how healthy."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

import cjlib as cj
from cjlib.errors import StoreError, UnknownNameError

JOURNEY = Path(__file__).with_name("journey.toml")
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Event(BaseModel):
    """Something that a customer did."""

    customer: Name
    activity: Name
    time: AwareDatetime
    event_id: Name
    value: float | None = Field(default=None, allow_inf_nan=False)
    channel: Name | None = None


class Recorded(BaseModel):
    """What became of the events; those whose id is known are counted as repeated."""

    new: int
    repeated: int


class Place(BaseModel):
    """Where a customer is, since when, and as of when that is said."""

    customer: str
    stage: str | None
    entered: AwareDatetime | None
    as_of: AwareDatetime | None


class Way(BaseModel):
    """A way out of the stage, and whether it is open: true, false or unknown."""

    target: str
    verdict: str
    needs: list[str]


class Explanation(Place):
    """Why a customer is where it is: what every way out still needs."""

    ways: list[Way]


class Score(BaseModel):
    """How healthy a customer is, out of what, and on how much evidence."""

    customer: str
    value: float | None
    band: str | None
    coverage: float | None
    parts: dict[str, float | None]


class Problem(BaseModel):
    """Why something was not done."""

    detail: str


UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": Problem}, 422: {"model": Problem}}
REFUSED: dict[int | str, dict[str, Any]] = {400: {"model": Problem}, 422: {"model": Problem}}


def create_app(store: str | None = None, journey: cj.Journey | None = None) -> FastAPI:
    """The service.

    Args:
        store: where events are kept; unsaid, what ``JOURNEY_STORE`` says.
        journey: what customers go through; unsaid, the file beside this one.
    """
    definition = cj.load(JOURNEY) if journey is None else journey
    place = store or os.environ.get("JOURNEY_STORE", "sqlite:///journey.db")
    tracker = cj.Tracker(definition, store=place)
    scorer = cj.HealthScorer(definition.scorecards[0], journey=definition)

    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[None]:
        yield
        tracker.close()

    app = FastAPI(title=f"Journey {definition.name}", version=definition.version, lifespan=closing)
    app.add_exception_handler(cj.CJError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_request)

    @app.post("/events", responses=REFUSED)
    def record(events: Annotated[list[Event], Field(max_length=1000)]) -> Recorded:
        """Record events, all or none of them, in any order; the same event may be sent again."""
        receipt = tracker.record([event.model_dump(exclude_none=True) for event in events])
        return Recorded(new=receipt.events, repeated=receipt.repeated)

    @app.get("/customers/{customer}", responses=UNKNOWN)
    def where(customer: str) -> Place:
        """Where a customer is."""
        found = tracker.where(customer)
        return Place(customer=customer, stage=found.stage, entered=utc(found.entered), as_of=utc(found.at))

    @app.get("/customers/{customer}/explanation", responses=UNKNOWN)
    def explain(customer: str) -> Explanation:
        """Why a customer is there, and what every way out still needs."""
        found = tracker.explain(customer)
        ways = [
            Way(
                target=way.target,
                verdict=str(way.verdict),
                needs=[str(one) for one in (*way.readings, *way.items)],
            )
            for way in found.ways_out
        ]
        return Explanation(
            customer=customer, stage=found.stage, entered=utc(found.entered), as_of=utc(found.at), ways=ways
        )

    @app.get("/customers/{customer}/score", responses=UNKNOWN)
    def score(customer: str) -> Score:
        """How healthy a customer is, and where the points come from."""
        past = tracker.recorded([customer])
        as_of = tracker.where(customer).at
        snapshot = cj.snapshot(past.log, definition.metrics, as_of=as_of, journey=definition)
        scores = scorer.score(snapshot)
        told = scores.explain(customer)
        return Score(
            customer=customer,
            value=number(told.value),
            band=told.band,
            coverage=number(told.coverage),
            parts={name: number(value) for name, value in told.parts},
        )

    return app


def utc(moment: Any) -> datetime | None:
    """A time of numpy's, which is always UTC; None where there is none."""
    plain: datetime | None = moment.item()
    return None if plain is None else plain.replace(tzinfo=UTC)


def number(value: float | None) -> float | None:
    """The number; None where it cannot be said."""
    return None if value is None or value != value else value


def refuse(request: Request, error: Exception) -> JSONResponse:
    """What cjlib says of data that cannot be used, as an answer."""
    if isinstance(error, StoreError):
        return JSONResponse({"detail": str(error)}, 503)
    return JSONResponse({"detail": str(error)}, 404 if isinstance(error, UnknownNameError) else 400)


def refuse_request(request: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request, without repeating what was sent: it may not be text at all."""
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return JSONResponse({"detail": told.encode("utf-8", "replace").decode("utf-8")}, 422)
