"""Inconsistencies: what differs between personas and between channels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import CensoredData, logrank, mannwhitneyu
from tests.findings.books import book

from cjlib.findings import Given
from cjlib.findings._contacts import Contacts
from cjlib.findings._inconsistencies import Inconsistencies, first_channels
from cjlib.findings._stays import Stays, persona_codes


def test_a_persona_that_takes_longer_is_found_by_the_log_rank_test() -> None:
    uneven = book(6, large_onboarding=60.0)
    found = uneven.find(Inconsistencies())
    assert [(one.place.stage, one.place.persona) for one in found.of("uneven duration")] == [
        ("onboarding", "large")
    ]
    finding = found.of("uneven duration")[0]
    stays = Stays(Given(trace=uneven.trace))
    here, large = stays.stage == 1, persona_codes(stays.given)[stays.customer] == 1
    groups = [
        CensoredData(uncensored=stays.days[one & stays.is_left], right=stays.days[one & ~stays.is_left])
        for one in (here & large, here & ~large)
    ]
    assert finding.test is not None
    assert finding.test.statistic == pytest.approx(logrank(*groups).statistic ** 2)
    assert finding.association
    assert finding.estimate > finding.base
    assert finding.days > 0


def test_a_channel_that_satisfies_less_is_found_by_the_rank_test() -> None:
    uneven = book(6, phone=2.0)
    (finding,) = uneven.find(Inconsistencies())
    assert (finding.kind, str(finding.place)) == (
        "uneven satisfaction",
        "touchpoint ticket, channel phone",
    )
    log = uneven.log
    is_phone = log.channel == log.channels.index("phone")
    is_ticket = log.activity == log.activities.index("ticket")
    means = [
        [
            log.value[(log.customer_codes() == one) & rows].mean()
            for one in np.unique(log.customer_codes()[rows])
        ]
        for rows in (is_ticket & is_phone, *(is_ticket & (log.channel == c) for c in range(3)))
    ]
    others = [m for c, group in enumerate(means[1:]) if log.channels[c] != "phone" for m in group]
    expected = mannwhitneyu(means[0], others, method="asymptotic").statistic / (len(means[0]) * len(others))
    assert finding.test is not None
    assert finding.test.statistic == pytest.approx(expected)
    assert finding.estimate == pytest.approx(np.mean(means[0]))


def test_a_group_that_goes_on_less_often_is_found_by_the_exact_test() -> None:
    """Large customers take so long in onboarding that the others' pace makes them look stuck."""
    uneven = book(6, lost=(0.1, 0.1, 0.1))
    codes = persona_codes(Given(trace=uneven.trace))
    log = uneven.log
    is_live = log.activity == log.activities.index("live")
    keep = ~(is_live & (codes[log.customer_codes()] == 1) & (log.customer_codes() % 2 == 0))
    fewer = type(uneven)(uneven.journey, log._kept(keep), uneven.customers)
    found = fewer.find(Inconsistencies()).of("uneven conversion")
    assert [(one.place.stage, one.place.persona) for one in found] == [("onboarding", "large")]
    assert (
        found[0].evidence["forward"].tolist()[0] / found[0].evidence["visits"].tolist()[0]
        == found[0].estimate
    )


def test_small_groups_are_not_looked_at() -> None:
    assert not book(6, large_onboarding=60.0).find(Inconsistencies(least_visits=1000))


def test_the_channel_of_a_visit_is_that_of_its_first_contact() -> None:
    made = book(7, 50)
    contacts = Contacts(Given(trace=made.trace))
    first = first_channels(contacts, len(made.trace.visits))
    for visit in range(len(first)):
        rows = np.flatnonzero((contacts.visit == visit) & (contacts.channel >= 0))
        assert first[visit] == (contacts.channel[rows[0]] if len(rows) else -1)
