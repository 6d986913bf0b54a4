"""What other distributions add: found by their entry points, loaded when they are asked for.

A distribution adds a scorer, a detector, a renderer or a reader by an entry point in one of the groups
``cjlib.scorers``, ``cjlib.detectors``, ``cjlib.renderers`` and ``cjlib.readers``. cjlib lists its own in
the same way, so that a built-in and a plugin differ in nothing but their distribution. With
``CJLIB_NO_PLUGINS=1`` in the environment only its own are seen.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import attrs

from .errors import CJError, UnknownNameError

__all__ = ["GROUPS", "Loaded", "Plugin", "PluginError", "listed", "load", "load_all", "names"]

GROUPS = ("scorers", "detectors", "renderers", "readers")
OWN = "cjlib"
PATIENCE = 60.0  # seconds that a plugin of another distribution has for its import


class PluginError(CJError, RuntimeError):
    """A plugin that cannot be loaded or fails at its work, or a name that two distributions claim."""


@attrs.frozen(kw_only=True)
class Plugin:
    """One entry point: a name in a group, and who gives it.

    Attributes:
        group: ``scorers``, ``detectors``, ``renderers`` or ``readers``.
        name: how it is called.
        target: the object, as ``module:name``.
        distribution: the distribution that adds it.
        version: the version of that distribution.
    """

    group: str
    name: str
    target: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name!r} ({self.group}) of {self.distribution} {self.version}"


@attrs.frozen(kw_only=True)
class Loaded:
    """All plugins of a group that could be loaded, and why the others could not.

    Attributes:
        objects: from names to what the plugins gave.
        failed: one error for every name that could not be loaded.
    """

    objects: Mapping[str, Any]
    failed: tuple[PluginError, ...]


def listed(group: str | None = None) -> tuple[Plugin, ...]:
    """All plugins, in order of group and name, built-ins among them; nothing is imported for that.

    Args:
        group: one of the four groups; unsaid, all of them.

    Raises:
        UnknownNameError: if there is no such group.

    >>> [plugin.distribution for plugin in listed("scorers") if plugin.name == "health"]
    ['cjlib']
    """
    return tuple(plugin for plugin, _ in _found(group))


def names(group: str) -> tuple[str, ...]:
    """The names in a group, in their order.

    Args:
        group: one of the four groups.

    Raises:
        UnknownNameError: if there is no such group.
    """
    return tuple(dict.fromkeys(plugin.name for plugin in listed(group)))


def load(group: str, name: str) -> Any:
    """What a plugin gives: its module is imported now.

    Args:
        group: one of the four groups.
        name: the name of the plugin.

    Raises:
        UnknownNameError: if there is no such group, or no such name in it.
        PluginError: if its module cannot be imported within a minute or lacks the object, or if two
            distributions claim the name.

    >>> load("renderers", "text").__name__
    'text'
    """
    found = _found(group)
    claims = [one for one in found if one[0].name == name]
    if not claims:
        raise UnknownNameError(group.removesuffix("s"), name, [plugin.name for plugin, _ in found])
    return _loaded(claims)


def load_all(group: str) -> Loaded:
    """Every plugin of a group; one that is broken fails alone and is named.

    Args:
        group: one of the four groups.

    Raises:
        UnknownNameError: if there is no such group.
    """
    objects, failed, found = {}, [], _found(group)
    for name in dict.fromkeys(plugin.name for plugin, _ in found):
        try:
            objects[name] = _loaded([one for one in found if one[0].name == name])
        except PluginError as error:
            failed.append(error)
    return Loaded(objects=objects, failed=tuple(failed))


@contextmanager
def naming(plugin: str) -> Iterator[None]:
    """A foreign error of a plugin at its work becomes one that names it; those of cjlib pass.

    >>> with naming("renderer 'mine'"):
    ...     1 / 0
    Traceback (most recent call last):
        ...
    cjlib.plugins.PluginError: renderer 'mine' failed: ZeroDivisionError: division by zero
    """
    try:
        yield
    except CJError:
        raise
    except Exception as error:  # it may fail in any way
        raise PluginError(f"{plugin} failed: {type(error).__name__}: {error}") from error


def _found(group: str | None) -> list[tuple[Plugin, EntryPoint]]:
    if group is not None and group not in GROUPS:
        raise UnknownNameError("group of plugins", group, GROUPS)
    groups = GROUPS if group is None else (group,)
    own_only = os.environ.get("CJLIB_NO_PLUGINS", "").lower() not in ("", "0", "false", "no")
    found = {}
    for one in groups:
        for point in _points(one, tuple(_path())):
            plugin = _plugin(one, point)
            if plugin.distribution == OWN or not own_only:
                found[plugin] = point  # a distribution that is found twice on the path is one
    return sorted(found.items(), key=lambda each: (GROUPS.index(each[0].group), each[0].name))


@lru_cache(maxsize=64)
def _points(group: str, path: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """The entry points of a group; the metadata of all distributions are read again when a folder changes."""
    return tuple(entry_points(group=f"cjlib.{group}"))


def _path() -> Iterator[tuple[str, int]]:
    """Where distributions are looked for, and when each folder last changed."""
    for folder in sys.path:
        try:
            yield folder, os.stat(folder or ".").st_mtime_ns
        except OSError:
            yield folder, 0


def _plugin(group: str, point: EntryPoint) -> Plugin:
    dist = point.dist
    name, version = ("an unnamed distribution", "") if dist is None else (dist.name, dist.version)
    return Plugin(group=group, name=point.name, target=point.value, distribution=name, version=version)


def _loaded(claims: Iterable[tuple[Plugin, EntryPoint]]) -> Any:
    (plugin, point), *others = claims
    if others:
        who = " and ".join(f"{one.distribution} {one.version}" for one in (plugin, *(o for o, _ in others)))
        raise PluginError(
            f"{plugin.name!r} in cjlib.{plugin.group} is claimed by {who}: remove one of them, pass the "
            "object itself instead of its name, or set CJLIB_NO_PLUGINS=1"
        )
    try:
        return point.load() if plugin.distribution == OWN else _patiently(point)
    except (Exception, SystemExit) as error:  # a plugin's import may fail in any way
        raise PluginError(
            f"plugin {plugin} cannot be loaded from {plugin.target}: {type(error).__name__}: {error}"
        ) from error


_hanging: dict[str, threading.Thread] = {}  # nobody waits for the same import twice


def _patiently(point: EntryPoint) -> Any:
    """What the entry point gives, imported aside, so that whoever asks for it can go on if it hangs."""
    given: list[Any] = []
    failed: list[BaseException] = []

    def importing() -> None:
        try:
            given.append(point.load())
        except BaseException as error:  # whatever it is, it is the plugin's and not the caller's
            failed.append(error)

    if (before := _hanging.get(point.value)) is not None and before.is_alive():
        raise TimeoutError("its import has still not ended")
    aside = threading.Thread(target=importing, name=f"import of {point.value}", daemon=True)
    aside.start()
    aside.join(PATIENCE)
    if failed:
        raise failed[0] if isinstance(failed[0], (Exception, SystemExit)) else ImportError(repr(failed[0]))
    if not given:
        _hanging[point.value] = aside
        raise TimeoutError(f"its import has not ended after {PATIENCE:g} seconds")
    return given[0]
