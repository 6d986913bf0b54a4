"""Runs every code block of the README and of the documentation."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, DocTestDirectiveParser, PythonCodeBlockParser, SkipParser

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
INSTALLS = ("pip ", "python -m ")  # run by .ci/run itself, in an environment of its own


def write_file(example: Example) -> None:
    """A TOML block must be TOML; one that begins with the comment ``# name.toml`` becomes that file."""
    text = example.parsed
    tomllib.loads(text)
    first = text.partition("\n")[0]
    if first.startswith("# ") and first.endswith(".toml"):
        Path(first[2:]).write_text(text, "utf-8")


def run_session(example: Example) -> None:
    """Runs the lines after ``$``; what is printed must match the lines below them, if there are any."""
    for block in example.parsed.removeprefix("$ ").split("\n$ "):
        command, _, expected = block.partition("\n")
        if command.startswith(INSTALLS):
            continue
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise AssertionError(f"$ {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        if expected.strip() and not doctest.OutputChecker().check_output(expected, done.stdout, FLAGS):
            raise AssertionError(f"$ {command} printed:\n{done.stdout}\ninstead of:\n{expected}")


@pytest.fixture(scope="module")
def document_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Each document runs in an empty folder of its own, so that it may write files."""
    folder, before = tmp_path_factory.mktemp("document"), Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


pytest_collect_file = Sybil(
    parsers=[
        DocTestDirectiveParser(optionflags=FLAGS),
        PythonCodeBlockParser(doctest_optionflags=FLAGS),
        CodeBlockParser(language="toml", evaluator=write_file),
        CodeBlockParser(language="console", evaluator=run_session),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    fixtures=["document_folder"],
).pytest()
