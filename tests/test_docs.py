"""The documentation is complete: every public name and every check has its place."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import cjlib

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def test_every_public_name_has_its_place_in_the_reference() -> None:
    text = "\n".join(page.read_text("utf-8") for page in REFERENCE.glob("*.md"))
    named = set(re.findall(r"auto(?:class|exception|function|module):: (?:cjlib\.)?(?:\w+\.)*(\w+)", text))
    assert set(cjlib.__all__) - {"__version__", *cjlib._MODULES} <= named


def test_the_table_of_checks_is_that_of_the_code() -> None:
    text = (REFERENCE / "checks.md").read_text("utf-8")
    page = runpy.run_path(str(ROOT / "docs" / "check_codes.py"))["page"]
    assert page(text) == text, "run python docs/check_codes.py"


def test_the_commands_of_the_readme_are_those_that_ci_runs() -> None:
    readme, ci = ((ROOT / name).read_text("utf-8") for name in ("README.md", ".ci/run"))
    commands = [line[2:] for line in readme.splitlines() if line.startswith("$ pip install")]
    assert len(commands) == 2
    assert set(commands) <= {line.strip() for line in ci.splitlines()}
