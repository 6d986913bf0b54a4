"""Plugins are listed without being imported, and a broken one fails alone."""

from __future__ import annotations

import sys

import pytest
from tests.plugins.conftest import Install

from cjlib import plugins
from cjlib.errors import CJError, UnknownNameError
from cjlib.plugins import PluginError


def test_listing_imports_nothing(install: Install) -> None:
    install("acme-loud", "raise SystemExit('imported')", loud="Loud")
    (found,) = [plugin for plugin in plugins.listed("scorers") if plugin.name == "loud"]
    assert (found.distribution, found.version, found.target) == ("acme-loud", "1.0", "acme_loud:Loud")
    assert "acme_loud" not in sys.modules


def test_a_plugin_gives_its_object(install: Install) -> None:
    install("acme-quiet", "Quiet = 'here'", quiet="Quiet")
    assert plugins.load("scorers", "quiet") == "here"
    assert "quiet" in plugins.names("scorers")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("raise ValueError('no licence')", "ValueError: no licence"),
        ("import not_installed_anywhere", "ModuleNotFoundError"),
        ("Other = 1", "AttributeError"),
        ("this is no Python", "SyntaxError"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("raise KeyboardInterrupt('got you')", "ImportError: KeyboardInterrupt"),
    ],
)
def test_a_broken_plugin_is_named_and_fails_alone(install: Install, source: str, told: str) -> None:
    install("acme-broken", source, broken="Broken")
    install("acme-sound", "Sound = 'here'", sound="Sound")
    with pytest.raises(PluginError, match=f"'broken' .* of acme-broken 1.0 .*acme_broken:Broken: .*{told}"):
        plugins.load("scorers", "broken")
    loaded = plugins.load_all("scorers")
    assert loaded.objects["sound"] == "here"
    assert ["'broken'" in str(error) for error in loaded.failed] == [True]


def test_a_name_that_two_distributions_claim_is_an_error(install: Install) -> None:
    install("acme-one", "Same = 1", same="Same")
    install("acme-two", "Same = 2", same="Same", other="Same")
    with pytest.raises(PluginError, match=r"'same' .* claimed by acme-one 1.0 and acme-two 1.0"):
        plugins.load("scorers", "same")
    assert plugins.load("scorers", "other") == 2


def test_a_plugin_that_hangs_in_its_import_is_named_and_left_behind(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-hanging", "import time\ntime.sleep(5)", hanging="Hanging")
    install("acme-sound", "Sound = 'here'", sound="Sound")
    monkeypatch.setattr(plugins, "PATIENCE", 0.5)
    loaded = plugins.load_all("scorers")
    assert loaded.objects["sound"] == "here"
    (told,) = map(str, loaded.failed)
    assert "'hanging' (scorers) of acme-hanging 1.0" in told
    assert "import has not ended after 0.5 seconds" in told
    monkeypatch.setattr(plugins, "PATIENCE", 60)
    with pytest.raises(PluginError, match="import has still not ended"):
        plugins.load("scorers", "hanging")


def test_a_plugin_that_shadows_a_built_in_is_named_and_the_others_go_on(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-shadow", "Health = 'mine'", health="Health")
    with pytest.raises(PluginError, match=r"'health' .* claimed by .*acme-shadow 1.0.* CJLIB_NO_PLUGINS"):
        plugins.load("scorers", "health")
    loaded = plugins.load_all("scorers")
    assert "hazard" in loaded.objects
    assert "health" not in loaded.objects
    monkeypatch.setenv("CJLIB_NO_PLUGINS", "1")
    assert plugins.load("scorers", "health").__module__.startswith("cjlib.")


def test_plugins_can_be_left_out(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme-quiet", "Quiet = 'here'", quiet="Quiet")
    monkeypatch.setenv("CJLIB_NO_PLUGINS", "1")
    assert "quiet" not in plugins.names("scorers")
    with pytest.raises(UnknownNameError, match="unknown scorer 'quiet'"):
        plugins.load("scorers", "quiet")


def test_a_mistyped_name_is_told_with_the_nearest(install: Install) -> None:
    install("acme-quiet", "Quiet = 'here'", quiet="Quiet")
    with pytest.raises(UnknownNameError, match=r"unknown scorer 'quit' \(did you mean 'quiet'\?\)"):
        plugins.load("scorers", "quit")
    with pytest.raises(CJError, match=r"unknown group of plugins 'scorer' \(did you mean 'scorers'\?\)"):
        plugins.listed("scorer")


@pytest.mark.parametrize("group", plugins.GROUPS)
def test_every_built_in_is_there_and_can_be_loaded(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CJLIB_NO_PLUGINS", "1")
    loaded = plugins.load_all(group)
    assert not loaded.failed
    assert {plugin.distribution for plugin in plugins.listed(group)} <= {"cjlib"}
    assert list(loaded.objects) == list(plugins.names(group))


def test_what_is_installed_later_is_seen(install: Install) -> None:
    assert "late" not in plugins.names("scorers")
    install("acme-late", "Late = 'here'", late="Late")
    assert plugins.load("scorers", "late") == "here"
