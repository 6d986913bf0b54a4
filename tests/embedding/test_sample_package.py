"""The sample package is built, installed and tested from its wheel, beside the wheel of cjlib."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "acme-scorers"


def run(*command: object, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, env=clean | environment
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the two wheels; what they need lies behind them."""
    folder = tmp_path_factory.mktemp("fresh")
    for source in (ROOT, SAMPLE):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    made = folder / "venv" / "bin" / "python"
    install = (made, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    run(*install, *sorted(folder.glob("*.whl")), cwd=folder)
    site = run(made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    Path(site, "needed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return made


def test_the_wheels_are_what_is_imported(python: Path, tmp_path: Path) -> None:
    code = "import cjlib, acme_scorers; print(cjlib.__file__, acme_scorers.__file__)"
    places = run(python, "-c", code, cwd=tmp_path).split()
    assert [str(python.parents[1]) in place for place in places] == [True, True]


def test_its_plugins_are_listed_beside_ours(python: Path, tmp_path: Path) -> None:
    listed = run(python.with_name("cjlib"), "plugins", cwd=tmp_path)
    for name in ("acme-warmth", "acme-rates", "acme-quiet", "acme-outline", "acme-desk", "health"):
        assert f"'{name}'" in listed
    without = run(python.with_name("cjlib"), "plugins", cwd=tmp_path, CJLIB_NO_PLUGINS="1")
    assert "acme" not in without


def test_its_own_tests_pass(python: Path, tmp_path: Path) -> None:
    tests = SAMPLE / "tests"
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-c", SAMPLE / "pyproject.toml")
    command = (python, "-m", "pytest", *options, "--rootdir", tmp_path, tests)
    told = run(*command, cwd=tmp_path, CJLIB_JIT="off")  # compiling would take longer than the tests
    assert " passed" in told
