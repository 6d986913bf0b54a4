"""The example service, as a program would import it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SERVICE = Path(__file__).parents[2] / "examples" / "service"


def module(name: str) -> ModuleType:
    """A file of the example."""
    spec = importlib.util.spec_from_file_location(f"service_{name}", SERVICE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journey.db'}"
