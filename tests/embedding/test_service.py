"""The example service: what it answers, and that no request makes it fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.embedding.conftest import module

import cjlib as cj

app = module("app")


@pytest.fixture
def client(store: str) -> Iterator[TestClient]:
    with TestClient(app.create_app(store)) as made:
        yield made


def logins(days: int, customer: str = "acme") -> list[dict[str, Any]]:
    return [
        {
            "customer": customer,
            "activity": "login",
            "time": f"2026-01-0{day}T09:00:00Z",
            "event_id": f"{customer}{day}",
        }
        for day in range(1, days + 1)
    ]


def test_events_are_recorded_once(client: TestClient) -> None:
    assert client.post("/events", json=logins(2)).json() == {"new": 2, "repeated": 0}
    assert client.post("/events", json=logins(3)).json() == {"new": 1, "repeated": 2}


def test_it_tells_where_a_customer_is(client: TestClient) -> None:
    client.post("/events", json=logins(3))
    assert client.get("/customers/acme").json() == {
        "customer": "acme",
        "stage": "active",
        "entered": "2026-01-03T09:00:00Z",
        "as_of": "2026-01-03T09:00:00Z",
    }


def test_it_tells_why_and_what_is_missing(client: TestClient) -> None:
    client.post("/events", json=logins(2))
    told = client.get("/customers/acme/explanation").json()
    assert told["stage"] == "trial"
    (onwards,) = [way for way in told["ways"] if way["target"] == "active"]
    assert onwards["verdict"] == "false"
    assert "login" in onwards["needs"][0]


def test_it_tells_how_healthy_and_out_of_what(client: TestClient) -> None:
    """Six logins of twelve are 50 points and weigh three quarters: 37.5; no ticket is worth the other 25."""
    client.post("/events", json=logins(6))
    told = client.get("/customers/acme/score").json()
    assert told["value"] == pytest.approx(62.5)
    assert told["band"] == "yellow"
    assert set(told["parts"]) >= {"use", "calm"}


@pytest.mark.parametrize("path", ["", "/explanation", "/score"])
def test_a_stranger_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"/customers/nobody{path}")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("events", "code", "told"),
    [
        ([{"customer": "a"}], 422, "activity"),
        ([logins(1)[0] | {"time": "2026-01-01T09:00:00"}], 422, "timezone"),
        ([logins(1)[0] | {"time": "0001-01-01T09:00:00Z"}], 400, "1900"),
        ([logins(1)[0] | {"value": "much"}], 422, "value"),
        ({}, 422, "list"),
    ],
)
def test_what_cannot_be_recorded_is_told(client: TestClient, events: Any, code: int, told: str) -> None:
    answer = client.post("/events", json=events)
    assert answer.status_code == code
    assert told in answer.json()["detail"]


def test_sql_in_ids_is_text(client: TestClient) -> None:
    evil = "x'; DROP TABLE customers; --"
    assert client.post("/events", json=logins(3, evil)).json()["new"] == 3
    assert client.get(f"/customers/{evil}").json()["stage"] == "active"


FUZZ = settings(
    max_examples=min(settings().max_examples, 60),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    "label",
    [
        "POST /events",
        "GET /customers/{customer}",
        "GET /customers/{customer}/explanation",
        "GET /customers/{customer}/score",
    ],
)
def test_no_request_makes_it_fail(store: str, label: str) -> None:
    """Answers are as the schema says; that a time must lie within 1900 and 2200 no schema can say."""
    service = app.create_app(store)
    schema = schemathesis.openapi.from_asgi("/openapi.json", service)
    operations = {one.ok().label: one.ok() for one in schema.get_all_operations()}
    with TestClient(service) as client:
        client.post("/events", json=logins(3))

    @FUZZ
    @given(data=st.data())
    def try_everything(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
        case = data.draw(operations[label].as_strategy(generation_mode=mode))
        if case.path_parameters and data.draw(st.booleans()):
            case.path_parameters["customer"] = "acme"
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    try_everything()
    cj.Tracker(cj.load(app.JOURNEY), store=store).close()  # and the store is whole
