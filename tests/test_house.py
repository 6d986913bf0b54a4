"""The house stands as the design says: floors, no cycles, light imports, a whole wheel."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import networkx as nx
import pytest

import cjlib

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "cjlib"
FILES = sorted(SOURCE.rglob("*.py"))

FLOORS = {
    **dict.fromkeys(("errors", "plugins", "_jit", "_version"), 0),
    **dict.fromkeys(("criteria", "journey"), 1),
    "data": 2,
    **dict.fromkeys(("trace", "snapshots", "simulation"), 3),
    "scoring": 4,
    "findings": 5,
    "outputs": 6,
    **dict.fromkeys(("live", "scale", "cli", "testing", "sklearn"), 7),
    "__init__": 8,
}
HEAVY = {"duckdb", "networkx", "numba", "pandas", "polars", "pyarrow", "scipy", "sqlalchemy"}


@attrs.frozen
class Import:
    """One import of one module of cjlib, wherever it stands in a file."""

    file: Path
    line: int
    target: Path
    in_function: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE)}:{self.line} imports {self.target.relative_to(SOURCE)}"


def module_file(parts: tuple[str, ...]) -> Path | None:
    """The file that holds a module of cjlib, None where there is none."""
    path = SOURCE.joinpath(*parts)
    candidates = (path / "__init__.py", path.with_suffix(".py") if parts else path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.exists()), None)


def absolute(file: Path, node: ast.ImportFrom) -> tuple[str, ...] | None:
    """The module that a ``from … import`` names, below cjlib; None for other distributions."""
    parts = tuple((node.module or "").split(".")) if node.module else ()
    if node.level == 0:
        return parts[1:] if parts and parts[0] == "cjlib" else None
    package = file.relative_to(SOURCE).parent.parts
    return package[: len(package) - node.level + 1] + parts


def targets(file: Path, node: ast.AST) -> Iterator[Path]:
    """The files of cjlib that an import statement loads by name."""
    if isinstance(node, ast.Import):
        names = [tuple(alias.name.split(".")) for alias in node.names]
        found = [module_file(name[1:]) for name in names if name[0] == "cjlib"]
    elif isinstance(node, ast.ImportFrom) and (base := absolute(file, node)) is not None:
        found = [module_file((*base, alias.name)) or module_file(base) for alias in node.names]
    else:
        found = []
    yield from (target for target in dict.fromkeys(found) if target is not None)


def imports(file: Path) -> Iterator[Import]:
    """Every import of cjlib by cjlib in a file, those inside functions and ``TYPE_CHECKING`` included."""
    tree = ast.parse(file.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inside = {id(child) for function in functions for child in ast.walk(function)}
    for node in ast.walk(tree):
        for target in targets(file, node):
            yield Import(file, getattr(node, "lineno", 0), target, id(node) in inside)


IMPORTS = [found for file in FILES for found in imports(file)]


def floor(file: Path) -> int:
    name = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert name in FLOORS, f"{name} has no floor yet: give it one here and in the design"
    return FLOORS[name]


def test_imports_are_seen_at_all() -> None:
    assert any(found.file.name == "_nodes.py" and found.target.name == "_literals.py" for found in IMPORTS)


def test_a_file_imports_only_from_its_own_floor_or_below() -> None:
    upward = [str(found) for found in IMPORTS if floor(found.target) > floor(found.file)]
    assert not upward


def test_there_is_no_import_cycle() -> None:
    graph = nx.DiGraph([(found.file, found.target) for found in IMPORTS])
    knots = [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    knots += [{file} for file in nx.nodes_with_selfloops(graph)]
    assert not [sorted(str(file.relative_to(SOURCE)) for file in knot) for knot in knots]


def test_no_function_imports_from_cjlib() -> None:
    assert not [str(found) for found in IMPORTS if found.in_function]


def test_no_submodule_is_named_as_a_public_name_of_its_package() -> None:
    clashes = []
    for package in (file for file in FILES if file.name == "__init__.py" and file.parent != SOURCE):
        public = {
            alias.asname or alias.name
            for node in ast.parse(package.read_text("utf-8")).body
            if isinstance(node, ast.ImportFrom) and node.module  # "from . import curves" is a module itself
            for alias in node.names
        }
        modules = {path.stem for path in package.parent.glob("*.py")}
        modules |= {path.parent.name for path in package.parent.glob("*/__init__.py")}
        clashes += [f"{package.parent.name}.{name}" for name in sorted(public & modules)]
    assert not clashes


def test_files_stay_short_enough_to_tell_one_story() -> None:
    everything = [*FILES, *(ROOT / "tests").rglob("*.py")]
    long = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in everything}
    assert not {name: lines for name, lines in long.items() if lines > 400}


@pytest.mark.parametrize("touch", ["", "[getattr(cjlib, name) for name in cjlib.__all__]"])
def test_importing_loads_no_heavy_package(touch: str) -> None:
    code = f"import sys, cjlib\n{touch}\nprint(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in printed.split()}
    assert not loaded & HEAVY


def test_the_front_door_and_its_types_list_the_same_names() -> None:
    stub = ast.parse((SOURCE / "__init__.pyi").read_text("utf-8"))
    typed = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(cjlib.__all__)


def test_every_public_name_is_there_and_explains_itself() -> None:
    silent = [name for name in cjlib.__all__ if name != "__version__" and not getattr(cjlib, name).__doc__]
    assert not silent


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'replays'"):
        cjlib.replays


def test_the_wheel_holds_types_schema_and_templates(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    data = [path for path in SOURCE.rglob("*") if path.suffix in {".toml", ".json", ".pyi", ".typed"}]
    assert {f"cjlib/{path.relative_to(SOURCE).as_posix()}" for path in data} <= held
    assert {"cjlib/py.typed", "cjlib/__init__.pyi"} <= held
    assert any(name.startswith("cjlib/journey/templates/") for name in held)
    assert any(name.endswith("journey.schema.json") for name in held)
