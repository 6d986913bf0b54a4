"""The top of the report: what matters, in sentences and in a few figures."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Facts
from ._html import Markup, tag
from ._words import isolated

__all__ = ["summary_section"]


def summary_section(facts: Facts) -> Markup:
    """Sentences, then figures."""
    lines = (tag("li", line) for line in _sentences(facts))
    return tag("div", tag("ul", lines, class_="summary"), _tiles(facts))


def _sentences(facts: Facts) -> Iterator[str]:
    yield from _whereabouts(facts)
    yield from _busiest(facts)
    yield from _slowest(facts)
    yield from _alarms(facts)
    yield from _health(facts)
    yield from _refused(facts)


def _whereabouts(facts: Facts) -> Iterator[str]:
    say, lost, count = facts.say, facts.customers_in("lost"), facts.customers
    yield say.counted(
        count,
        "{count} customer, in one stage at a time; {active} on the journey now.",
        "{count} customers, each in one stage at a time; {active} on the journey now.",
        active=say.number(count - lost),
    )
    if lost:
        one, many = "{count} has been lost ({share} of all).", "{count} have been lost ({share} of all)."
        yield say.counted(lost, one, many, share=say.share(lost, count))


def _busiest(facts: Facts) -> Iterator[str]:
    standing = [row for row in facts.stages if facts.journey.stage(row["stage"]).kind != "lost"]
    busiest = max(standing, key=lambda row: int(row["customers"]), default=None)
    if busiest and busiest["customers"]:
        label = isolated(facts.stage_label(busiest["stage"]))
        one, many = "Most are in “{stage}”: {count} customer.", "Most are in “{stage}”: {count} customers."
        yield facts.say.counted(busiest["customers"], one, many, stage=label)


def _slowest(facts: Facts) -> Iterator[str]:
    late = [row for row in facts.stages if row["median_days"] > row["target_days"]]
    if late:
        worst = max(late, key=lambda row: float(row["median_days"] / max(row["target_days"], 1e-9)))
        yield facts.say(
            "“{stage}” is furthest over its target: half of the visits last longer than {median}, "
            "the target is {target}.",
            stage=isolated(facts.stage_label(worst["stage"])),
            median=facts.say.days(worst["median_days"]),
            target=facts.say.days(worst["target_days"]),
        )


def _alarms(facts: Facts) -> Iterator[str]:
    if over := facts.over_limit:
        yield facts.say.counted(
            over,
            "{count} customer is over the limit of their stage.",
            "{count} customers are over the limit of their stage.",
        )
    if waiting := facts.n_waiting:
        one, many = "{count} signal waits for an answer.", "{count} signals wait for an answer."
        yield facts.say.counted(waiting, one, many)


def _health(facts: Facts) -> Iterator[str]:
    say, health = facts.say, facts.health
    if health is None or not health.count:
        return
    yield say("Health is {mean} on average.", mean=say.number(health.mean))
    if health.bands and health.bands[0].count:
        one, many = "{count} customer is “{band}”.", "{count} customers are “{band}”."
        yield say.counted(health.bands[0].count, one, many, band=isolated(health.bands[0].label))


def _refused(facts: Facts) -> Iterator[str]:
    if refused := sum(entry.rows for entry in facts.ledger.refused):
        yield facts.say.counted(
            refused,
            "{count} row of the data was refused; see the data section.",
            "{count} rows of the data were refused; see the data section.",
        )


def _tiles(facts: Facts) -> Markup:
    say, health = facts.say, facts.health
    lost, over = facts.customers_in("lost"), facts.over_limit
    tiles = [
        ("Customers", say.number(facts.customers), None),
        ("On the journey", say.number(facts.customers - lost), None),
        ("Lost", say.share(lost, facts.customers), None),
        ("Over the limit", say.number(over), "bad" if over else "good"),
        ("Signals waiting", say.number(facts.n_waiting), "bad" if facts.n_waiting else "good"),
    ]
    if health is not None and health.count:
        tiles.append(("Mean health", say.number(health.mean), None))
    return tag("dl", (tag("div", tag("dt", say(label)), tag("dd", value), class_=tone)
                      for label, value, tone in tiles), class_="tiles")  # fmt: skip
