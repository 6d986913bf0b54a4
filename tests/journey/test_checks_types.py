"""Checks of types and units, each with a journey that triggers it and one that does not."""

from __future__ import annotations

import pytest
from tests.journey.small import KINDS, PLAN, SEATS, SET, Build, Cases, exits, found, made, metric, pairs

CASES: Cases = {
    "CJ221": [
        (exits(f"{wrong}", attributes=KINDS), exits(f"{right}", attributes=KINDS))
        for wrong, right in [
            ('attribute("seats") == "five"', 'attribute("seats") == 5'),
            ('attribute("seats") == True', 'attribute("seats") in [1, 2]'),
            ('attribute("seats") in ["a"]', 'attribute("paying") == True'),
            ('attribute("paying") == 1', 'attribute("paying") != False'),
            ('attribute("plan") == 5', 'attribute("plan") == "pro"'),
            ('attribute("plan") >= "pro"', 'attribute("plan") in ["pro"]'),
            ('attribute("renewal") >= "soon"', 'attribute("renewal") >= "2026-11-30"'),
            ('attribute("renewal") >= 3', 'attribute("renewal") < "2026-11-30T12:00:00+01:00"'),
            ('attribute("sso") == "saml"', '"saml" in attribute("sso")'),
            ('"pro" in attribute("plan")', '"oidc" not in attribute("sso")'),
            ('until("plan") < "3d"', 'until("renewal") < "3d"'),
            ('last("@plan") > 3', 'last("@seats") > 3'),
            ('count("x") >= attribute("plan")', 'count("x") >= attribute("seats")'),
            ('count("x") >= attribute("renewal")', 'count("@plan") >= 1'),
            ('attribute("plan") == attribute("seats")', 'attribute("plan") == attribute("plan")'),
            ('attribute("plan") > attribute("plan")', 'attribute("seats") > attribute("seats")'),
            ('attribute("x1") == attribute("sso")'.replace("x1", "plan"), 'known(attribute("sso"))'),
        ]
    ]
    + [(made(start="plan", attributes=KINDS), made(start="renewal", attributes=KINDS))],
    "CJ222": [
        (
            exits('attribute("plan") == "prp"', attributes=PLAN),
            exits('attribute("plan") == "pro"', attributes=PLAN),
        ),
        (
            exits('attribute("plan") in ["prp"]', attributes=PLAN),
            exits('attribute("plan") in ["pro"]', attributes=PLAN),
        ),
        (
            exits('"sml" in attribute("sso")', attributes=SET),
            exits('"saml" in attribute("sso")', attributes=SET),
        ),
    ],
    "CJ223": [
        (
            exits('attribute("seats") > attribute("arr")', attributes=SEATS),
            exits('count("seat used") > attribute("seats")', attributes=SEATS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", attribute="arr", unit="USD")], attributes=SEATS),
            made(metrics=[metric("nps"), metric("m", attribute="arr", unit="EUR")], attributes=SEATS),
        ),
    ],
    "CJ224": [
        (
            made(metrics=[metric("nps"), metric("m", attribute="plan", aggregate="until")], attributes=KINDS),
            made(
                metrics=[metric("nps"), metric("m", attribute="renewal", aggregate="until")], attributes=KINDS
            ),
        ),
        (
            made(metrics=[metric("nps"), metric("m", start="x", end="attribute:plan")], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", start="x", end="attribute:renewal")], attributes=KINDS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", ratio=("n", "nps")), metric("n", ratio=("m", "nps"))]),
            made(metrics=[metric("nps"), metric("m", ratio=("n", "nps")), metric("n")]),
        ),
        (
            made(metrics=[metric("nps"), metric("m", ratio=("nps", "plan"))], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", ratio=("nps", "seats"))], attributes=KINDS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", attribute="sso")], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", attribute="plan")], attributes=KINDS),
        ),
    ],
}


@pytest.mark.parametrize(("code", "wrong", "right"), pairs(CASES))
def test_a_check_finds_what_is_wrong_and_nothing_else(code: str, wrong: Build, right: Build) -> None:
    assert code in found(wrong)
    assert code not in found(right)
