"""Plugins are listed without being imported, and a broken one fails alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cjlib import plugins
from cjlib.errors import CJError, UnknownNameError
from cjlib.plugins import PluginError

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution on the path: its metadata, and a module with this source."""

    def put(distribution: str, source: str = "", **points: str) -> None:
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source, "utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", "utf-8"
        )
        lines = [f"[cjlib.scorers]\n{name} = {module}:{target}" for name, target in points.items()]
        (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(tmp_path)
    return put


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
