"""Distance learners: the raw files of the Open University as events and dated attributes.

    python examples/oulad.py FOLDER [--output FOLDER]
    cjlib demo --journey examples/oulad.toml --events oulad-events.parquet --customers oulad-customers.parquet

FOLDER holds the Open University Learning Analytics Dataset (Kuzilek, Hlosta and Zdrahal, Scientific Data,
2017; CC BY 4.0), under the names of its publishers (``studentInfo.csv``) or as ``oulad_student_info.csv`` or
``.parquet``. A customer is one enrolment: a student in one run of one module. Three files are written:
the events, the attributes, and a ledger of what the raw data leave out or contradict. Nothing is mended in
silence, and a row without a time is handed on without one, so that cjlib's own ledger names it too.

What the raw data don't say and this script decides:

- Days are counted from the start of a run, of which only the month is known: B is February, J is October.
  Both are taken as the first of the month, midnight UTC.
- Results have no date. They are dated at the end of their run.
- Extensions are not recorded, but submissions come thick until a week after the due day and thinly from
  then on. An assignment marked by a tutor counts as missed when that week has passed without it.
- Events of one day follow each other as in ``ORDER``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import polars as pl

from cjlib.data import Ledger, LedgerEntry

RUN = ["code_module", "code_presentation"]
ENROLMENT = [*RUN, "id_student"]
START_MONTHS = {"B": 2, "J": 10}
GRACE_DAYS = 7
SUBMISSIONS = {"TMA": "tma_submitted", "CMA": "cma_submitted", "Exam": "exam_sat"}
RESULTS = {"Pass": "passed", "Distinction": "distinction", "Fail": "failed"}
ORDER = [
    "registered", "score_banked", "course_started", *SUBMISSIONS.values(), "deadline_missed",
    *RESULTS.values(), "unregistered",
]  # fmt: skip
FILES = {
    "courses": "courses",
    "assessments": "assessments",
    "student_info": "studentInfo",
    "student_registration": "studentRegistration",
    "student_assessment": "studentAssessment",
    "vle_pre_course": None,  # summed up from the publishers' studentVle.csv, which has ten million rows
}
FACTS = {
    "code_module": "module",
    "code_presentation": "presentation",
    "gender": "gender",
    "region": "region",
    "highest_education": "highest_education",
    "imd_band": "imd_band",
    "age_band": "age_band",
    "num_of_prev_attempts": "previous_attempts",
    "studied_credits": "studied_credits",
    "disability": "disability",
    "course_start": "course_start",
    "course_end": "course_end",
}

registered, unregistered = pl.col("date_registration"), pl.col("date_unregistration")
submitted, is_banked = pl.col("date_submitted"), pl.col("is_banked") == 1
has_withdrawn = pl.col("final_result") == "Withdrawn"
first_day = pl.max_horizontal(0, registered)  # who registers late begins late; who has no date, with the rest


def read(folder: Path, name: str) -> pl.DataFrame | None:
    """One raw file; None if there is none."""
    published = FILES[name]
    for path in (folder / f"oulad_{name}.parquet", folder / f"oulad_{name}.csv", folder / f"{published}.csv"):
        if path.exists():
            frame = pl.read_parquet(path) if path.suffix == ".parquet" else _csv(path)
            days = [column for column in frame.columns if column.startswith("date")]
            return frame.with_columns(pl.col(days).cast(pl.Int64))
    return None


def _csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, null_values=["", "?"], infer_schema_length=None)


def enrolments(raw: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per enrolment: its days, its facts, and when its run starts and ends."""
    year, letter = pl.col("code_presentation").str.head(4), pl.col("code_presentation").str.slice(4)
    start = pl.datetime(year.cast(pl.Int32), letter.replace_strict(START_MONTHS, return_dtype=pl.Int8), 1)
    length = pl.duration(days="module_presentation_length")
    courses = raw["courses"].with_columns(course_start=start, course_end=start + length)
    registration, info = (
        raw[name].unique(ENROLMENT, keep="first", maintain_order=True)
        for name in ("student_registration", "student_info")
    )
    return (
        registration.join(info, on=ENROLMENT, how="full", coalesce=True, maintain_order="left_right")
        .join(courses, on=RUN, how="left", maintain_order="left")
        .with_columns(customer=pl.concat_str(ENROLMENT, separator="-"))
    )


def submissions(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame) -> pl.DataFrame:
    """One row per submission, with its assessment and its enrolment; nulls where these are unknown."""
    return (
        raw["student_assessment"]
        .join(raw["assessments"], on="id_assessment", how="left", maintain_order="left")
        .join(enrolled, on=ENROLMENT, how="left", maintain_order="left")
    )


def events(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame, handed_in: pl.DataFrame) -> pl.DataFrame:
    """What happened: customer, activity, time, value (a score, if there is one), order within the day."""
    result = pl.col("final_result").replace_strict(RESULTS, default=None)
    work = pl.col("assessment_type").replace_strict(SUBMISSIONS, default="assessment_submitted")
    has_begun = unregistered.is_null() | (unregistered > first_day)
    frames = [
        _events(enrolled, "registered", registered),
        _events(enrolled.filter(has_begun), "course_started", first_day),
        _events(
            handed_in.filter(pl.col("customer").is_not_null()),
            pl.when(is_banked).then(pl.lit("score_banked")).otherwise(work),
            submitted,
            pl.col("score").cast(pl.Float64),
        ),
        _events(missed(raw, enrolled), "deadline_missed", pl.col("date") + GRACE_DAYS + 1),
        _events(enrolled.filter(result.is_not_null()), result, pl.col("module_presentation_length")),
        _events(enrolled.filter(unregistered.is_not_null() | has_withdrawn), "unregistered", unregistered),
    ]
    order = pl.col("activity").replace_strict({name: i for i, name in enumerate(ORDER)}, default=len(ORDER))
    return pl.concat(frames).with_columns(order=order).sort("time", "order", maintain_order=True)


def _events(
    frame: pl.DataFrame, activity: str | pl.Expr, day: pl.Expr, value: pl.Expr | None = None
) -> pl.DataFrame:
    return frame.select(
        "customer",
        activity=pl.lit(activity) if isinstance(activity, str) else activity,
        time=pl.col("course_start") + pl.duration(days=day),
        value=pl.lit(None, dtype=pl.Float64) if value is None else value,
    )


def missed(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame) -> pl.DataFrame:
    """One row per enrolment and tutor-marked assignment that was due, and not there a week later."""
    due = raw["assessments"].filter(pl.col("assessment_type") == "TMA", pl.col("date").is_not_null())
    asked = enrolled.join(due, on=RUN).filter(
        registered.is_null() | (registered <= pl.col("date")),
        unregistered.is_null() | (unregistered > pl.col("date") + GRACE_DAYS),
    )
    key = ["id_student", "id_assessment"]
    given = asked.join(raw["student_assessment"], on=key).filter(submitted <= pl.col("date") + GRACE_DAYS)
    return asked.join(given, on=key, how="anti")


def attributes(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame) -> pl.DataFrame:
    """What is known of each enrolment, and since when: facts from the registration, clicks from the start."""
    day = pl.duration(days="known")
    facts = [pl.col(name).alias(label) for name, label in FACTS.items()]
    frame = enrolled.with_columns(
        imd_band=pl.col("imd_band").str.replace("^(.*[^%])$", "${1}%"),
        disability=pl.col("disability") == "Y",
    )
    frames = [
        frame.filter(registered < 0).with_columns(known=registered, clicks=pl.lit(None, dtype=pl.Int64)),
        clicked(raw, frame).with_columns(known=first_day),
    ]
    return pl.concat(
        part.select("customer", *facts, valid_from=pl.col("course_start") + day, pre_course_clicks="clicks")
        for part in frames
    ).sort("customer", "valid_from", maintain_order=True)


def clicked(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame) -> pl.DataFrame:
    """The enrolments with their clicks before the start: 0 where none is recorded, null where nothing is."""
    if "vle_pre_course" not in raw:
        return enrolled.with_columns(clicks=pl.lit(None, dtype=pl.Int64))
    clicks = raw["vle_pre_course"].select(*ENROLMENT, clicks=pl.col("pre_course_clicks").cast(pl.Int64))
    return enrolled.join(clicks, on=ENROLMENT, how="left", maintain_order="left").with_columns(
        pl.col("clicks").fill_null(0)
    )


def ledger(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame, handed_in: pl.DataFrame) -> Ledger:
    """What the raw data leave out or contradict, each with its count and what was made of it."""
    is_stray = pl.col("customer").is_null() | pl.col("assessment_type").is_null()
    is_again = ~pl.struct(ENROLMENT).is_first_distinct()
    read_rows = sum(len(frame) for frame in raw.values())
    refused = [
        _entry(handed_in, "submission of an unknown enrolment or assessment", is_stray, "left out"),
        _entry(raw["student_registration"], "registration that stands twice", is_again, "the first counts"),
        _entry(raw["student_info"], "student who stands twice in a run", is_again, "the first counts"),
    ]
    noted = [
        *_about_enrolments(enrolled),
        *_about_results(enrolled, handed_in),
        *_about_submissions(handed_in.filter(~is_stray)),
        *_about_the_rest(raw, enrolled),
    ]
    return Ledger(read=read_rows, kept=read_rows - sum(entry.rows for entry in refused)).add(
        refused=[entry for entry in refused if entry.rows], noted=[entry for entry in noted if entry.rows]
    )


def _entry(frame: pl.DataFrame, reason: str, where: pl.Expr, detail: str) -> LedgerEntry:
    count = frame.select(where.fill_null(False).sum()).item()
    return LedgerEntry(reason, int(count), (), detail)


def _about_enrolments(enrolled: pl.DataFrame) -> list[LedgerEntry]:
    is_over = unregistered > pl.col("module_presentation_length")
    notes = [
        ("registration without a date", registered.is_null(),
         "handed on without a time, which cjlib refuses; the course starts for them on its first day"),
        ("registered after the start of the course", registered > 0, "the course starts for them that day"),
        ("un-registered before the start of the course", unregistered < 0, "they never start"),
        ("un-registered on the first day of the course", unregistered == 0, "they never start"),
        ("un-registered before they registered", unregistered < registered, "withdrawn from then on"),
        ("un-registered after the end of the course", is_over, "withdrawn from then on, whatever was before"),
        ("enrolment in an unknown run", pl.col("course_start").is_null(), "all its times are missing"),
    ]  # fmt: skip
    return [_entry(enrolled, *note) for note in notes]


def _about_results(enrolled: pl.DataFrame, handed_in: pl.DataFrame) -> list[LedgerEntry]:
    worked = handed_in.select("customer").unique()
    idle = enrolled.join(worked, on="customer", how="anti")
    has_left, has_result = unregistered.is_not_null(), pl.col("final_result").is_in([*RESULTS])
    notes = [
        (enrolled, "withdrawn without a date of un-registration", has_withdrawn & ~has_left,
         "handed on without a time, which cjlib refuses; the journey finds that they left without a word"),
        (enrolled, "un-registered, but the result is not Withdrawn", has_left & ~has_withdrawn,
         "the un-registration counts, for it has a date"),
        (enrolled, "no result and no un-registration", pl.col("final_result").is_null() & ~has_left,
         "the journey finds that they left without a word"),
        (idle, "passed with nothing handed in", pl.col("final_result").is_in(["Pass", "Distinction"]),
         "the result counts"),
        (enrolled, "result without a date", has_result, "dated at the end of the course"),
    ]  # fmt: skip
    return [_entry(*note) for note in notes]


def _about_submissions(handed_in: pl.DataFrame) -> list[LedgerEntry]:
    late = handed_in.filter(submitted > unregistered)
    notes = [
        ("submission after the un-registration", submitted > unregistered,
         f"of {late['customer'].n_unique():,} enrolments; kept, and nobody comes back by it"),
        ("submission before the start of the course", (submitted < 0) & ~is_banked, "kept at its day"),
        ("submission after the end of the course", submitted > pl.col("module_presentation_length"),
         "kept at its day, after the result"),
        ("score carried over from an earlier run", is_banked, "no work of this run: score_banked"),
        ("submission without a score", pl.col("score").is_null(), "an event without a value"),
        ("submission without a date", submitted.is_null(), "handed on without a time, which cjlib refuses"),
    ]  # fmt: skip
    return [_entry(handed_in, *note) for note in notes]


def _about_the_rest(raw: dict[str, pl.DataFrame], enrolled: pl.DataFrame) -> list[LedgerEntry]:
    is_short = ~pl.col("imd_band").str.ends_with("%")
    entries = [
        _entry(raw["assessments"], "assessment without a due day", pl.col("date").is_null(),
               "nobody can miss it; these are exams, in the last week as their publishers say"),
        _entry(raw["courses"], "run of a course of which only the month is known",
               pl.col("code_presentation").is_not_null(), "starts on the first of the month"),
        _entry(enrolled, "deprivation band that is missing", pl.col("imd_band").is_null(), "unknown"),
        _entry(enrolled, "deprivation band without its %", is_short, "written as the others are"),
        _entry(enrolled, "enrolment of a student who has another", pl.col("id_student").is_duplicated(),
               "each is a customer of its own"),
    ]  # fmt: skip
    if "vle_pre_course" not in raw:
        return [*entries, LedgerEntry("file of clicks before the start", 1, (), "missing: clicks unknown")]
    without = enrolled.join(raw["vle_pre_course"], on=ENROLMENT, how="anti")
    missing = LedgerEntry("enrolment without a click before the start", len(without), (), "taken as 0 clicks")
    return [*entries, missing]


def convert(folder: Path, output: Path) -> Ledger:
    """Reads the raw files in one folder and writes events, attributes and ledger to another."""
    found = {name: read(folder, name) for name in FILES}
    absent = [name for name, frame in found.items() if frame is None and name != "vle_pre_course"]
    if absent:
        raise SystemExit(f"{folder}: no oulad_{absent[0]}.csv or .parquet, and no {FILES[absent[0]]}.csv")
    raw = {name: frame for name, frame in found.items() if frame is not None}
    enrolled = enrolments(raw)
    handed_in = submissions(raw, enrolled)
    told = ledger(raw, enrolled, handed_in)
    output.mkdir(parents=True, exist_ok=True)
    events(raw, enrolled, handed_in).write_parquet(output / "oulad-events.parquet")
    attributes(raw, enrolled).write_parquet(output / "oulad-customers.parquet")
    (output / "oulad-ledger.txt").write_text(f"{told}\n", "utf-8")
    rows = [{**row, "rows": int(row["rows"])} for row in told.to_table().rows()]
    (output / "oulad-ledger.json").write_text(json.dumps(rows, indent=1), "utf-8")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the raw files are")
    parser.add_argument("--output", type=Path, default=Path(), help="where to write; unsaid: here")
    arguments = parser.parse_args()
    print(convert(arguments.folder, arguments.output))


if __name__ == "__main__":
    main()
