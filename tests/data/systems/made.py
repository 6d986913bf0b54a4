"""Exports made up from the documented schemas: typed values in every form and every dialect of headers."""

from __future__ import annotations

import csv
import io
import json
import random
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

HERE = Path(__file__).parent
SCHEMAS: dict[str, dict[str, dict[str, str]]] = tomllib.loads((HERE / "schemas.toml").read_text("utf-8"))
SYSTEMS = (*SCHEMAS, "xes")
BEGIN = datetime(2025, 1, 1, 8)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
N_ROWS = 4

Row = dict[str, str]


def fields_of(system: str, exported: str) -> dict[str, str]:
    """From names of fields to types."""
    told = SCHEMAS[system][exported]["fields"].split(", ")
    return dict(field.rsplit(" ", 1) for field in told)


def rows_of(system: str, exported: str, n: int = N_ROWS) -> list[Row]:
    """Rows whose ids fit those that other exports of the system refer to."""
    rng = random.Random(f"{system} {exported}")
    return [
        {
            name: value(system, exported, name, kind, i, rng)
            for name, kind in fields_of(system, exported).items()
        }
        for i in range(n)
    ]


def value(system: str, exported: str, name: str, kind: str, i: int, rng: random.Random) -> str:
    """One value of a type."""
    kind, _, more = kind.partition(":")
    at = BEGIN + timedelta(days=10 * i, minutes=rng.randrange(1440))
    first = next(iter(fields_of(system, exported)))
    makers: dict[str, Callable[[], object]] = {
        "id": lambda: identity(exported, i) if name == first else identity(name, i),
        "sfid": lambda: to_18(salesforce_id(exported if name == first else name, i)),
        "ref": lambda: reference(system, more, (i + 1) % N_ROWS if more == exported else i),
        "email": lambda: f"person{i}@example.org",
        "str": lambda: f"{name.split('.')[-1]} {i}",
        "text": lambda: f"Très bien, d’accord: {name} {i}",
        "enum": lambda: f"{name.split('.')[-1]}{i % 2}",
        "survey": lambda: ("NPS", "CSAT", "CES", "CUSTOM")[i % 4],
        "number": lambda: round(rng.uniform(0, 1000), 2),
        "int": lambda: rng.randrange(10),
        "bool": lambda: ("true", "false")[i % 2],
        "datetime": lambda: f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "later": lambda: f"{at + timedelta(days=400):%Y-%m-%dT%H:%M:%S}.000Z",
        "date": lambda: f"{at:%Y-%m-%d}",
        "seconds": lambda: epoch(at),
        "microseconds": lambda: epoch(at) * 1_000_000,
        "later_ms": lambda: epoch(at + timedelta(days=400)) * 1000,
        "tags": lambda: "a;b",
        "const": lambda: more,
        "empty": lambda: "",
        "stages": lambda: json.dumps([{"stage": f"stage{i % 2}", "date": f"{at:%Y-%m-%d}"}]),
    }
    return str(makers[kind]())


def identity(exported: str, i: int) -> str:
    return f"{exported}-{i}"


def reference(system: str, exported: str, i: int) -> str:
    """The id of a row; of Salesforce in 15 characters every other time."""
    if system != "salesforce":
        return identity(exported, i)
    short = salesforce_id(exported, i)
    return short if i % 2 else to_18(short)


def salesforce_id(exported: str, i: int) -> str:
    """15 characters, some of which differ from another row's by their case only."""
    rng = random.Random(exported)
    middle = "".join(rng.choice("abcdefghiJKLMNOP0123456789") for _ in range(11))
    return f"{rng.randrange(100):03d}" + middle + ("a", "A", "b", "B", "c", "C")[i]


def to_18(short: str) -> str:
    """The published rule: per five characters, the capitals as bits, the last one first, as one sign."""
    chunks = (short[0:5], short[5:10], short[10:15])
    bits = ("".join("1" if sign.isupper() else "0" for sign in reversed(chunk)) for chunk in chunks)
    return short + "".join(LETTERS[int(each, 2)] for each in bits)


def epoch(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1)).total_seconds())


def write(folder: Path, system: str, headers: Callable[[str, str], str] | None = None) -> Path:
    """All exports of a system as files; ``headers`` gives other names to the fields of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    if system == "xes":
        (folder / "log.xes").write_text(xes(), "utf-8")
        return folder
    for exported, schema in SCHEMAS[system].items():
        rows = rows_of(system, exported)
        form = schema.get("form", "csv")
        if headers is not None and form == "csv":
            names = {name: headers(exported, name) for name in rows[0]}
            rows = [{names[name]: text for name, text in row.items()} for row in rows]
        ending = {"envelope": "json", "qualtrics": "csv"}.get(form, form)
        (folder / f"{exported}.{ending}").write_bytes(FORMS[form](rows))
    return folder


def as_csv(rows: Iterable[Mapping[str, str]], encoding: str = "utf-8", **options: Any) -> bytes:
    listed = [*rows]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*listed[0]], **{"lineterminator": "\r\n"} | options)
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue().encode(encoding)


def nested(row: Row) -> dict[str, Any]:
    """What stands under names with points, as interfaces give it."""
    made: dict[str, Any] = {}
    for name, text in row.items():
        holder, *inner = name.split(".")
        if inner and holder in (
            "properties",
            "traits",
            "custom",
            "context",
            "event_properties",
            "device",
            "geo",
        ):
            made.setdefault(holder, {})[".".join(inner)] = text
        else:
            made[name] = json.loads(text) if text.startswith("[") else text or None
    return made


def as_json(rows: Iterable[Row]) -> bytes:
    return json.dumps([nested(row) for row in rows], ensure_ascii=False).encode()


def as_envelope(rows: Iterable[Row]) -> bytes:
    return json.dumps({"results": [nested(row) for row in rows], "next": None}).encode()


def as_lines(rows: Iterable[Row]) -> bytes:
    return "\n".join(json.dumps(nested(row)) for row in rows).encode()


def as_xlsx(rows: Iterable[Row]) -> bytes:
    listed, out = [*rows], io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Companies")
    for j, name in enumerate(listed[0]):
        for i, text in enumerate([name, *(row[name] for row in listed)]):
            sheet.write_string(i, j, text)
    book.close()
    return out.getvalue()


def as_qualtrics(rows: Iterable[Row]) -> bytes:
    listed = [*rows]
    wording = {name: f"Wording of {name}" for name in listed[0]}
    wording["Q2"] = "How satisfied are you with the support?"
    marks = {name: json.dumps({"ImportId": name}) for name in listed[0]}
    return as_csv([wording, marks, *listed])


def xes() -> str:
    """Two traces of three events each."""
    traces = []
    for i in range(2):
        events = "".join(
            f'<event><string key="concept:name" value="step{j}"/><string key="org:resource" value="p{j}"/>'
            f'<date key="time:timestamp" value="2025-01-0{j + 1}T10:0{i}:00.000+01:00"/>'
            f'<string key="lifecycle:transition" value="complete"/></event>'
            for j in range(3)
        )
        traces.append(f'<trace><string key="concept:name" value="c{i}"/>{events}</trace>')
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><log xes.version="2.0" xmlns="http://www.xes-standard.org/">'
    )
    return f"{head}{''.join(traces)}</log>"


FORMS: dict[str, Callable[[Iterable[Row]], bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "envelope": as_envelope,
    "jsonl": as_lines,
    "xlsx": as_xlsx,
    "qualtrics": as_qualtrics,
}
