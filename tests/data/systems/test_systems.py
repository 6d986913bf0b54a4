"""Every export of every system is read in every dialect of headers, and the report says what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from tests.data.systems import made

import cjlib as cj
from cjlib.data import Reading
from cjlib.data.systems import betrayal
from cjlib.data.systems._dialects import bare, dialect_of
from cjlib.errors import UnknownNameError, UsageError
from cjlib.plugins import listed

GOLDEN = Path(__file__).parent / "golden"


def said(reading: Reading) -> tuple[object, ...]:
    """All that was read, but the report."""
    table = reading.events.to_table()
    events = {name: table[name].astype(str).tolist() for name in table.columns}
    recorded = None if reading.recorded is None else [*map(str, reading.recorded.rows())]
    return events, recorded, None if reading.customers is None else reading.customers.fingerprint


@pytest.mark.parametrize("system", made.SYSTEMS)
def test_the_mapping_report_is_the_golden_one(system: str, tmp_path: Path) -> None:
    """``CJLIB_GOLDEN=1`` writes it anew; then read what changed."""
    report = f"{cj.read_system(system, made.write(tmp_path, system)).report}\n"
    golden = GOLDEN / f"{system}.txt"
    if os.environ.get("CJLIB_GOLDEN"):
        golden.write_text(report, "utf-8")
    assert report == golden.read_text("utf-8")


@pytest.mark.parametrize("system", made.SYSTEMS)
def test_every_field_of_every_export_is_known(system: str, tmp_path: Path) -> None:
    """Only own fields, which no documentation can name, are guessed or not known."""
    report = cj.read_system(system, made.write(tmp_path, system)).report
    own = (
        "plan",
        "tier",
        "team_score",
        "team_score_status",
        "zendesk",
        "industry",
        "Q1",
        "Q2",
        "Q3",
        "How",
        "What",
    )
    for field in report:
        if field.became == "guessed" or "is known by that name" in field.why:
            assert any(name.casefold() in field.field.casefold() for name in own), str(field)


def test_all_readers_are_listed() -> None:
    assert {plugin.name for plugin in listed("readers")} >= {*made.SYSTEMS}


LABELLED = [
    (system, i) for system in ("hubspot", "salesforce", "planhat", "gainsight", "csv") for i in (1, 2, 3)
]


@pytest.mark.parametrize(("system", "i"), LABELLED)
def test_a_field_may_bear_any_of_its_names(system: str, i: int, tmp_path: Path) -> None:
    """Internal names, and labels in English, French and German, are read alike."""
    plain = cj.read_system(system, made.write(tmp_path / "plain", system))
    labelled = cj.read_system(system, made.write(tmp_path / "labelled", system, labels(system, i)))
    assert said(labelled) == said(plain)


def labels(system: str, i: int) -> Callable[[str, str], str]:
    """The i-th of the other names of every field; the first where there are fewer."""
    files: dict[str, str] = {}
    for exported in dialect_of(system).objects:
        for name in made.SCHEMAS[system]:
            if bare(name) in map(bare, exported.words):
                files[name] = exported.name
    used: dict[str, set[str]] = {}

    def header(exported: str, name: str) -> str:
        fields = dialect_of(system).exported(files[exported]).fields if exported in files else ()
        own = next((field for field in fields if bare(name) in map(bare, field.names)), None)
        documented = {*map(bare, made.fields_of(system, exported))}
        names = [] if own is None or "*" in own.names[0] else list(own.names)
        free = [one for one in names if bare(one) not in documented | used.setdefault(exported, set())]
        chosen = free[(i - 1) % len(free)] if free else name
        used[exported].add(bare(chosen))
        return chosen

    return header


@pytest.mark.parametrize(
    "spelled", [str.upper, lambda name: "".join(f"_{s}" if s.isupper() else s for s in name)]
)
def test_salesforce_names_may_be_in_capitals_or_with_underscores(
    spelled: Callable[[str], str], tmp_path: Path
) -> None:
    plain = cj.read_system("salesforce", made.write(tmp_path / "plain", "salesforce"))
    other = made.write(tmp_path / "other", "salesforce", lambda _, name: spelled(name).strip("_"))
    assert said(cj.read_system("salesforce", other))[0] == said(plain)[0]


def test_a_salesforce_id_of_15_characters_is_that_of_18(tmp_path: Path) -> None:
    """Accounts bear 18 characters, every other reference 15; rows that differ in case only stay apart."""
    reading = cj.read_system("salesforce", made.write(tmp_path, "salesforce"))
    ids = [made.to_18(made.salesforce_id("Account", i)) for i in range(made.N_ROWS)]
    assert reading.events.customers.tolist() == sorted(ids)
    assert len({one.casefold() for one in ids}) == len(ids)


def test_the_footer_of_a_report_is_dropped_and_told(tmp_path: Path) -> None:
    rows = "Account ID,Account Name,Created Date\n001000000000001,Acme,2025-01-02\n"
    footer = '\n"My report"\n"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n'
    (tmp_path / "accounts.csv").write_text(rows + footer)
    reading = cj.read_system("salesforce", tmp_path)
    assert len(reading.events) == 1
    assert [(entry.reason, entry.rows) for entry in reading.report.noted] == [
        ("lines of a report's footer", 2)
    ]


def test_verbatims_are_kept_as_text(tmp_path: Path) -> None:
    reading = cj.read_system("hubspot", made.write(tmp_path, "hubspot"))
    events = reading.events.to_table()
    nps = events.select(events["activity"] == "nps")
    assert nps["text"].tolist() == ["Très bien, d’accord: hs_content 0"]


def test_local_times_are_those_of_the_portal(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("Record ID,Create Date\n8001,2025-07-01 12:00\n")
    reading = cj.read_system("hubspot", tmp_path, tz="Europe/Paris")
    assert reading.events.to_table()["time"].tolist() == [np.datetime64("2025-07-01T10:00", "us").item()]


def test_a_cell_may_name_several_customers(tmp_path: Path) -> None:
    """The event is told of each of them, and that is noted."""
    (tmp_path / "deals.csv").write_text(
        "Record ID,Associated Company IDs,Create Date\nd1,8001;8002,2025-01-01\n"
    )
    reading = cj.read_system("hubspot", tmp_path)
    assert reading.events.customers.tolist() == ["8001", "8002"]
    assert "rows of several customers" in str(reading.report)


def test_who_answered_leads_to_the_customer(tmp_path: Path) -> None:
    """A feedback names a contact, the contact its company; the contact is the actor."""
    (tmp_path / "contacts.csv").write_text("Record ID,Email,Associated Company IDs\n7,a@b.org,8001\n")
    rows = "hs_object_id,hs_contact_email_rollup,hs_value,hs_survey_type,hs_submission_timestamp\n"
    (tmp_path / "feedback.csv").write_text(f"{rows}1,a@b.org,9,NPS,2025-01-01T10:00:00Z\n")
    log = cj.read_system("hubspot", tmp_path).events
    assert (log.customers.tolist(), log.activities, log.actors.tolist()) == (["8001"], ("nps",), ["a@b.org"])


def test_an_id_that_no_customer_has_is_not_looked_for_among_persons(tmp_path: Path) -> None:
    """Ids of companies and of contacts may be equal: 71 is a company that the export does not have."""
    (tmp_path / "companies.csv").write_text("Record ID,Company name\n8001,Acme\n")
    (tmp_path / "contacts.csv").write_text("Record ID,Email,Associated Company IDs\n71,a@b.org,8001\n")
    (tmp_path / "deals.csv").write_text("Record ID,Associated Company IDs,Create Date\nd1,71,2025-01-01\n")
    assert cj.read_system("hubspot", tmp_path).events.customers.tolist() == ["71"]


def test_a_report_without_ids_joins_by_name_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("Account Name,Industry\nAcme,Bank\nBrass,Shop\n")
    rows = "Opportunity ID,Account Name,Created Date\n006000000000001,ACME,2025-01-01\n"
    (tmp_path / "opportunities.csv").write_text(rows)
    reading = cj.read_system("salesforce", tmp_path)
    assert reading.events.customers.tolist() == ["Acme"]
    assert "2 × customers known by their names" in str(reading.report)


def test_cells_of_a_workbook_may_be_dates_and_numbers(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "companies.xlsx")
    sheet, form = book.add_worksheet("Companies"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["_id", "mrr", "Customer from"])
    sheet.write_row(1, 0, [8001, 12.5])
    sheet.write_datetime(1, 2, datetime(2025, 3, 4), form)
    book.close()
    customers = cj.read_system("planhat", tmp_path).customers
    assert customers is not None
    assert customers.ids.tolist() == ["8001"]
    assert customers.at("mrr", "2026-01-01").tolist() == [12.5]
    assert customers.at("customer_since", "2026-01-01").tolist() == [1741046400e6]


def test_a_label_tells_the_stage_without_its_pipeline(tmp_path: Path) -> None:
    """The comma-separated file doubles the quotation marks that are in the label."""
    label = '"Date entered ""Closed Won (Sales Pipeline)"""'
    (tmp_path / "deals.csv").write_text(f"Record ID,Associated Company IDs,{label}\nd1,8001,2025-01-01\n")
    recorded = cj.read_system("hubspot", tmp_path).recorded
    assert recorded is not None
    assert recorded["stage"].tolist() == ["Closed Won"]


def test_stages_bear_the_labels_of_their_pipeline(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("Record ID,hs_v2_date_entered_77\n8001,2025-01-01\n")
    (tmp_path / "pipeline_stages.csv").write_text("stage_id,label,pipeline_id\n77,Kick-off,p\n")
    recorded = cj.read_system("hubspot", tmp_path).recorded
    assert recorded is not None
    assert recorded["stage"].tolist() == ["Kick-off"]


def test_a_latest_date_is_an_attribute_and_no_event(tmp_path: Path) -> None:
    """What is judged on past moments refuses it, whatever the metric that reads it is called."""
    (tmp_path / "companies.csv").write_text("Record ID,Last Contacted\n8001,2025-01-01\n8002,\n")
    reading = cj.read_system("hubspot", tmp_path)
    assert reading.customers is not None
    assert (len(reading.events), reading.customers.names) == (0, ("latest_contact",))
    assert betrayal("latest_contact") is not None


def test_recorded_stages_are_held_against_the_criteria(tmp_path: Path) -> None:
    rows = "Record ID,Create Date,hs_v2_date_entered_active\n8001,2025-01-01T00:00Z,2025-01-05T00:00Z\n"
    (tmp_path / "companies.csv").write_text(rows)
    reading = cj.read_system("hubspot", tmp_path)
    way = cj.Transition("lead", "active", when='count("record_created") >= 1 and dwell() >= "7d"')
    journey = cj.Journey("demo", stages=[cj.Stage("lead"), cj.Stage("active")], transitions=[way])
    trace = cj.replay(journey, reading.events, until="2025-03-01")
    verdicts = cj.conformance(trace, reading.recorded)
    assert verdicts["verdict"].tolist()[-1] in ("early", "unjustified")


def test_a_history_becomes_an_attribute_that_changes(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Industry\n001000000000001,Bank\n")
    change = "001000000000001,Industry,Shop,Bank,2025-05-01T00:00:00Z"
    rows = f"AccountId,Field,OldValue,NewValue,CreatedDate\n{change}\n"
    (tmp_path / "AccountHistory.csv").write_text(rows)
    customers = cj.read_system("salesforce", tmp_path).customers
    assert customers is not None
    column = customers.column("industry")
    before, after = (
        column.categories[int(customers.at("industry", t)[0])] for t in ("2025-01-01", "2025-06-01")
    )
    assert (before, after) == ("Shop", "Bank")


def test_fields_that_betray_the_outcome_are_refused(tmp_path: Path) -> None:
    report = cj.read_system("salesforce", made.write(tmp_path, "salesforce")).report
    refused = {field.field for field in report.of("refused")}
    assert refused >= {"IsWon", "IsClosed", "Probability", "ForecastCategory", "CloseDate", "ExpectedRevenue"}


def test_an_override_decides(tmp_path: Path) -> None:
    """Fields and files are what the user says; what betrays the outcome must be allowed by name."""
    (tmp_path / "kunden.csv").write_text("Nr,Klasse,churn_date\n1,A,2025-02-02\n")
    told = tmp_path.parent / f"{tmp_path.name}.toml"
    told.write_text(
        'allow = ["churn_date"]\n[files]\n"kunden.csv" = "accounts"\n'
        '[fields.accounts]\nNr = "customer"\nKlasse = "attribute segment"\n'
        'churn_date = "attribute left_on date"\n'
    )
    reading = cj.read_system("csv", tmp_path, overrides=told)
    assert reading.customers is not None
    assert reading.customers.names == ("segment", "left_on")
    assert {field.why for field in reading.report} == {"by an override"}


def test_an_override_of_a_betraying_field_is_refused_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,churn_reason\n1,price\n2,\n")
    told = {"fields": {"accounts": {"churn_reason": "attribute reason"}}}
    (field,) = cj.read_system("csv", tmp_path, overrides=told).report.of("refused")
    assert "allow = ['churn_reason']" in field.why


def test_overrides_rename_and_leave_out_recorded_stages(tmp_path: Path) -> None:
    (tmp_path / "stages.csv").write_text("customer,stage,entered\n1,Gewonnen,2025-01-01\n1,Neu,2024-12-01\n")
    reading = cj.read_system("csv", tmp_path, overrides={"stages": {"Gewonnen": "won", "Neu": ""}})
    assert reading.recorded is not None
    assert reading.recorded["stage"].tolist() == ["won"]
    assert "1 × left out: recorded stages, by an override" in str(reading.report)


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ({"field": {}}, "did you mean 'fields'"),
        ({"fields": {"acounts": {"a": "customer"}}}, "did you mean 'accounts'"),
        ({"fields": {"accounts": {"a": "atribute x"}}}, "did you mean 'attribute'"),
        ({"fields": {"accounts": {"a": "attribute"}}}, "needs a name"),
        ({"fields": {"accounts": {"a": "attribute x numbr"}}}, "did you mean 'number'"),
        ({"fields": {"accounts": {"a": 3}}}, "is a text"),
        ({"allow": "x"}, "list of names"),
    ],
)
def test_an_override_that_cannot_be_meant_is_told(
    overrides: dict[str, object], error: str, tmp_path: Path
) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,plan\n1,pro\n")
    with pytest.raises((UnknownNameError, UsageError), match=error):
        cj.read_system("csv", tmp_path, overrides=overrides)


def test_an_override_that_nothing_answers_to_is_noted(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,plan\n1,pro\n")
    report = cj.read_system("csv", tmp_path, overrides={"fields": {"accounts": {"seets": "ignore"}}}).report
    assert "overrides that nothing in the folder answers to" in str(report)


def test_a_field_with_nearly_the_right_name_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,signup_dates\n1,2025-01-01\n")
    (field,) = cj.read_system("csv", tmp_path).report.of("guessed")
    assert (field.as_, field.why) == (
        "attribute 'customer_since' (date)",
        "its name is close to 'signup_date'",
    )


def test_an_unknown_system_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'hubspot'"):
        cj.read_system("hubspt", ".")


def test_one_column_tells_another_how_days_are_written(tmp_path: Path) -> None:
    """Alone, 03/04 could be in March; beside 25/12 in the same file it is in April."""
    rows = "account_id,signup_date,churn_date\na,03/04/2025,25/12/2025\n"
    (tmp_path / "accounts.csv").write_text(rows)
    customers = cj.read_system("csv", tmp_path).customers
    assert customers is not None
    since = customers.at("customer_since", "2026-01-01").astype("datetime64[us]")
    assert since.tolist() == [datetime(2025, 4, 3)]


def test_what_the_caller_says_of_days_holds_against_the_file(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("customer,activity,time\na,x,25/12/2025\na,x,03/04/2025\n")
    reading = cj.read_system("csv", tmp_path, dates="mdy")
    assert reading.events.to_table()["time"].tolist() == [datetime(2025, 3, 4)]
    assert "1 × left out: time that cannot be read (row 0)" in str(reading.report)


def test_of_several_times_the_most_telling_counts(tmp_path: Path) -> None:
    """A response began, ended and was recorded: when it was recorded counts, wherever that stands."""
    rows = "StartDate,RecordedDate,EndDate,Customer ID,NPS\n2025-01-01,2025-01-03,2025-01-02,a,9\n"
    (tmp_path / "survey.csv").write_text(rows)
    log = cj.read_system("survey", tmp_path).events
    assert set(log.to_table()["time"].tolist()) == {datetime(2025, 1, 3)}
