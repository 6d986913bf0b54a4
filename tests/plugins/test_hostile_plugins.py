"""A plugin that misbehaves where it is used is named, and the others go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.plugins.conftest import Install

import cjlib as cj
from cjlib import plugins
from cjlib.cli import main
from cjlib.errors import UsageError
from cjlib.plugins import PluginError
from cjlib.testing import small_journey, small_log

DETECTOR = """
class Bad:
    name = "bad"
    needs = frozenset()
    def __init__(self, {options}):
        pass
    def detect(self, given):
        {does}
"""
MAP = cj.draw(cj.Journey("demo", stages=[cj.Stage("trial")]))


@pytest.fixture(scope="module")
def trace() -> cj.Trace:
    return cj.replay(small_journey(), small_log(60), until="2026-07-01")


def detector(does: str = "return []", options: str = "") -> str:
    return DETECTOR.format(does=does, options=options)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("raise ValueError('no licence')", "of acme-bad 1.0 cannot be loaded .* ValueError: no licence"),
        ("Other = 1", "of acme-bad 1.0 cannot be loaded"),
        ("Bad = 3", "bad is no detector"),
        (detector(options="licence"), "it failed with TypeError: .*licence"),
        (detector("1 / 0"), "it failed with ZeroDivisionError: division by zero"),
        (detector("return 3"), "it failed with TypeError"),
        (detector("return ['they wait']"), "gave str, not a cjlib.findings.Finding"),
        (detector("given.trace.visits['stage'][:] = 0"), "it failed with ValueError: .*read-only"),
        (detector("given.log = None"), "it failed with FrozenInstanceError"),
    ],
)
def test_find_names_a_bad_detector_and_goes_on(
    install: Install, trace: cj.Trace, source: str, told: str
) -> None:
    sound = cj.find(trace.journey, trace)
    install("acme-bad", source, group="detectors", bad="Bad")
    with pytest.warns(RuntimeWarning, match=f"find: detector 'bad' was skipped: .*{told}") as warned:
        found = cj.find(trace.journey, trace)
    assert [one.filename for one in warned] == [__file__]
    assert [one.detector for one in found.skipped if one not in sound.skipped] == ["bad"]
    assert list(map(str, found)) == list(map(str, sound))


def test_find_names_a_detector_that_shadows_a_built_in(install: Install, trace: cj.Trace) -> None:
    install("acme-bad", detector(), group="detectors", bottlenecks="Bad")
    with pytest.warns(RuntimeWarning, match="'bottlenecks' .* claimed by acme-bad 1.0 and cjlib"):
        found = cj.find(trace.journey, trace)
    assert "bottlenecks" not in found.detectors
    assert "friction" in found.detectors


def test_find_names_a_detector_that_hangs_in_its_import(
    install: Install, trace: cj.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-slow", "import time\ntime.sleep(5)", group="detectors", slow="Slow")
    monkeypatch.setattr(plugins, "PATIENCE", 0.2)
    with pytest.warns(RuntimeWarning, match="'slow' .* import has not ended after 0.2 seconds"):
        found = cj.find(trace.journey, trace)
    assert "friction" in found.detectors


def test_a_detector_that_was_asked_for_by_name_must_work(install: Install, trace: cj.Trace) -> None:
    install("acme-bad", detector("1 / 0"), group="detectors", bad="Bad")
    with pytest.raises(ZeroDivisionError) as raised:
        cj.find(trace.journey, trace, detectors=["bad"])
    assert raised.value.__notes__ == ["raised by detector 'bad'"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Bad = 3", "renderer 'bad' failed: TypeError"),
        ("def Bad(journey_map): 1 / 0", "renderer 'bad' failed: ZeroDivisionError: division by zero"),
        ("def Bad(journey_map): journey_map.title = ''", "renderer 'bad' failed: FrozenInstanceError"),
        ("def Bad(): pass", "renderer 'bad' failed: TypeError"),
        ("raise ValueError('no licence')", "'bad' .* of acme-bad 1.0 cannot be loaded"),
    ],
)
def test_render_names_a_bad_renderer(install: Install, source: str, told: str) -> None:
    install("acme-bad", source, group="renderers", bad="Bad")
    with pytest.raises(PluginError, match=told):
        cj.render(MAP, "bad")
    assert cj.render(MAP, "text").startswith("demo")


def test_a_renderer_that_gives_no_text_is_told(install: Install) -> None:
    install("acme-bad", "def Bad(journey_map): return b'bytes'", group="renderers", bad="Bad")
    with pytest.raises(UsageError, match="renderer 'bad' gave bytes, not text"):
        cj.render(MAP, "bad")


def test_read_system_names_a_bad_reader(install: Install, tmp_path: Path) -> None:
    install("acme-bad", "def Bad(folder, **options): 1 / 0", group="readers", bad="Bad")
    with pytest.raises(PluginError, match="reader 'bad' failed: ZeroDivisionError"):
        cj.read_system("bad", tmp_path)


def test_an_object_is_asked_before_any_name(install: Install) -> None:
    install("acme-bad", "raise ValueError", group="renderers", text="Bad")
    assert cj.render(MAP, lambda journey_map: journey_map.title) == "demo"


def test_the_command_line_lists_a_broken_plugin_without_importing_it(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme-bad", "raise SystemExit('imported')", group="renderers", bad="Bad")
    with pytest.raises(SystemExit) as ended:
        main(["plugins", "renderers", "--json"])
    assert not ended.value.code
    listed = json.loads(capsys.readouterr().out)
    assert {"name": "bad", "distribution": "acme-bad"}.items() <= listed[0].items()


def test_the_command_line_tells_of_a_bad_renderer_in_a_sentence(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme-bad", "def Bad(journey_map): 1 / 0", group="renderers", bad="Bad")
    cj.dump(small_journey(), tmp_path / "journey.toml")
    with pytest.raises(SystemExit) as ended:
        main(["map", str(tmp_path / "journey.toml"), "--as", "bad"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("cjlib: renderer 'bad' failed: ZeroDivisionError")
