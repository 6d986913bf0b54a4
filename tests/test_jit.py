"""Kernels are compiled once, kept on disk, and see their helpers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cjlib._jit import Kernel, jit

HELPERS = """
from cjlib._jit import jit
FACTOR = 3

@jit
def scaled(x):
    return x * FACTOR
"""
KERNELS = """
from cjlib._jit import jit
from helpers_of_kernel import scaled

@jit
def total(values):
    result = 0
    for i in range(values.shape[0]):
        result += scaled(values[i])
    return result
"""
SCRIPT = """
import numpy as np
from kernels import total
print(total(np.arange(4)), sum(total._dispatcher.stats.cache_misses.values()))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "helpers_of_kernel.py").write_text(HELPERS)
    (tmp_path / "kernels.py").write_text(KERNELS)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def run(project: Path, **environment: str) -> str:
    path = os.pathsep.join([str(project), *sys.path])
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
    )
    return done.stdout.strip()


def test_a_second_process_takes_the_kernel_from_disk(project: Path) -> None:
    assert run(project) == "18 1"
    assert run(project) == "18 0"


def test_a_changed_constant_in_another_file_is_noticed(project: Path) -> None:
    assert run(project) == "18 1"
    (project / "helpers_of_kernel.py").write_text(HELPERS.replace("FACTOR = 3", "FACTOR = 5"))
    assert run(project) == "30 1"


def test_kernels_run_as_plain_python_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CJLIB_JIT", "off")

    @jit
    def kind(value: object) -> str:
        return type(value).__name__

    assert kind([1]) == "list"


def test_a_kernel_that_calls_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CJLIB_JIT", raising=False)
    monkeypatch.setitem(globals(), "_recursive", _recursive)
    with pytest.raises(TypeError, match="calls itself"):
        _recursive(np.int64(3))


@jit
def _recursive(n: int) -> int:
    return 1 if n <= 1 else n * _recursive(n - 1)


def test_a_kernel_keeps_its_name_its_docstring_and_its_python() -> None:
    @jit(parallel=False)
    def half(x: float) -> float:
        """Half of x."""
        return x / 2

    assert isinstance(half, Kernel)
    assert (half.__name__, half.__doc__, half.py_func(4.0)) == ("half", "Half of x.", 2.0)
