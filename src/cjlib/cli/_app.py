"""The command itself: errors as sentences, bars for those who look, output as text or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import attrs
import numpy as np

from .._version import __version__
from ..data import Table
from ..errors import CJError, MissingExtraError

try:
    import click
except ImportError:  # told as a sentence: this file is only ever loaded by the command
    sys.exit(str(MissingExtraError("click", "cli", "the command line")))

__all__ = ["STRICT", "VALUE", "Shown", "click", "main", "progress", "shown_options", "step"]

Command = TypeVar("Command", bound=Callable[..., Any])
SOMETHING, WRONG = 1, 2  # exit codes: there is something to tell; it could not be done
STRICT = click.option("--strict", is_flag=True, help="Exit with 1 if there is anything to tell.")
VALUE = click.option("--value", help="The attribute that says what a customer is worth in a year.")


class _Sentences(click.Group):
    """Commands whose errors are sentences: what went wrong, exit code 2, no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CJError, OSError) as error:
            click.echo(f"cjlib: {error}", err=True)
            ctx.exit(WRONG)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cjlib")
def main() -> None:
    """The customer journey as a program you can run, test and explain.

    Exit codes: 0 done, 1 something to tell (with --strict), 2 it could not be done.
    """


def shown_options(command: Command) -> Command:
    """Adds ``--quiet`` and ``--json``."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
    quiet = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
    return as_json(quiet(command))


@attrs.frozen
class Shown:
    """Where answers go: to people as text, to programs as JSON, or nowhere."""

    quiet: bool
    as_json: bool

    def say(self, text: str, answer: Any) -> None:
        """Prints the text, or the answer as one JSON document."""
        if self.as_json:
            click.echo(json.dumps(_plain(answer), ensure_ascii=False, indent=2, allow_nan=False))
        elif not self.quiet:
            click.echo(text)

    def leave(self, is_strict: bool, found: bool) -> None:
        """Ends with 1 if something was found and that matters."""
        if is_strict and found:
            click.get_current_context().exit(SOMETHING)


def _plain(value: Any) -> Any:
    """The value in terms of JSON: tables as lists of rows, times as ISO text, NaN as null."""
    if isinstance(value, Table):
        return [_plain(row) for row in value.rows()]
    if attrs.has(type(value)):
        return {one.name: _plain(getattr(value, one.name)) for one in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value.astype("datetime64[s]"))
    if isinstance(value, (np.floating, float)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


@contextmanager
def progress(what: str, shown: Shown) -> Iterator[Callable[[int, int], None]]:
    """A bar on the error stream, if somebody is looking."""
    from tqdm import tqdm

    with tqdm(desc=what, leave=False, disable=True if shown.quiet else None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@contextmanager
def step(what: str, shown: Shown) -> Iterator[None]:
    """A bar for work whose length nobody knows: what is being done, and for how long."""
    with progress(what, shown) as show:
        show(0, 1)
        yield
        show(1, 1)
