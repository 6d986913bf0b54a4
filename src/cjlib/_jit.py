"""Kernels that are compiled when they are first called, and kept on disk from then on."""

from __future__ import annotations

import functools
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any, Generic, ParamSpec, TypeVar, overload

import numpy as np

__all__ = ["Kernel", "hot", "inner", "jit"]

P = ParamSpec("P")
R = TypeVar("R")
OFF = ("off", "0", "false", "no")

_lock = threading.RLock()


@overload
def jit(function: Callable[P, R], /) -> Kernel[P, R]: ...
@overload
def jit(**options: Any) -> Callable[[Callable[P, R]], Kernel[P, R]]: ...
def jit(function: Callable[P, R] | None = None, /, **options: Any) -> Any:
    """A kernel that numba compiles at its first call, so that ``import cjlib`` stays free of numba.

    Kernels may call each other by their plain names, also across modules, but not themselves. The compiled
    code is cached on disk and serves later processes. With ``CJLIB_JIT=off`` in the environment, kernels
    run as plain Python.

    Args:
        function: the kernel: arrays and numbers only, module-level, without closure.
        options: more options for ``numba.njit``, such as ``parallel=True``.

    >>> @jit
    ... def total(values):
    ...     result = 0.0
    ...     for value in values:
    ...         result += value
    ...     return result
    >>> total.py_func([1.0, 2.0])
    3.0
    """
    if function is None:
        return functools.partial(_kernel, options=options)
    return _kernel(function, options=options)


def _kernel(function: Callable[P, R], *, options: dict[str, Any]) -> Kernel[P, R]:
    return Kernel(function, options)


class Kernel(Generic[P, R]):
    """A function and, once it has been called, what numba made of it.

    numba resolves the functions that a kernel calls while it compiles it, and knows only its own
    dispatchers. So the kernel is compiled from a twin of the function whose globals hold dispatchers where
    the module holds kernels. numba's cache is keyed by the file and the qualified name of a function and
    does not notice when a helper in another file changes; so the twin's name carries a digest of all code
    and constants that it reaches.
    """

    def __init__(self, function: Callable[P, R], options: dict[str, Any]) -> None:
        self.py_func = function
        self.options = options
        self._dispatcher: Callable[P, R] | None = None
        self.__name__ = function.__name__
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._dispatcher is None:
            if os.environ.get("CJLIB_JIT", "").lower() in OFF:
                return self.py_func(*args, **kwargs)
            with _lock:
                _compile(self, ())
        assert self._dispatcher is not None
        return self._dispatcher(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<kernel {self.__module__}.{self.__name__}>"


def _compile(kernel: Kernel[..., Any], callers: tuple[int, ...]) -> Any:
    """The dispatcher of a kernel, after those of the kernels that it calls."""
    if kernel._dispatcher is None:
        if id(kernel) in callers:  # numba 0.68 crashes when it loads recursive code from its cache
            raise TypeError(f"{kernel!r} calls itself, which cached kernels must not")
        twin = _twin(kernel.py_func, _digest(kernel))
        for name, value in _reached(kernel.py_func):
            called = isinstance(value, Kernel)
            twin.__globals__[name] = _compile(value, (*callers, id(kernel))) if called else value
        kernel._dispatcher = _njit(twin, kernel.options)
    return kernel._dispatcher


def _twin(function: Any, digest: str) -> FunctionType:
    module = function.__globals__
    names = {name: module[name] for name in ("__name__", "__file__", "__package__") if name in module}
    twin = FunctionType(
        function.__code__, names | {"__builtins__": __builtins__}, function.__name__, function.__defaults__
    )
    twin.__module__ = function.__module__
    twin.__qualname__ = f"{function.__qualname__}_{digest}"
    twin.__kwdefaults__ = function.__kwdefaults__
    return twin


def _njit(function: FunctionType, options: dict[str, Any]) -> Any:
    from numba import njit

    try:
        return njit(**({"cache": True, "nogil": True} | options))(function)
    except RuntimeError:  # neither the package's nor the user's cache directory can be written
        return njit(**({"nogil": True} | options | {"cache": False}))(function)


def _reached(function: Any) -> Iterator[tuple[str, Any]]:
    """The globals that a function reads, by name."""
    module = function.__globals__
    for name in sorted(set(_names(function.__code__))):
        if name in module:
            yield name, module[name]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _digest(kernel: Kernel[..., Any]) -> str:
    sha = hashlib.sha256()
    pending, seen = [kernel], {id(kernel)}
    while pending:
        kernel = pending.pop()
        sha.update(repr(sorted(kernel.options.items())).encode())
        _feed_code(sha, kernel.py_func.__code__)
        for name, value in _reached(kernel.py_func):
            if not isinstance(value, Kernel):
                sha.update(f"{name}={_constant(value)};".encode())
            elif id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
    return sha.hexdigest()[:12]


def _feed_code(sha: Any, code: CodeType) -> None:
    sha.update(code.co_code)
    sha.update(repr(code.co_names).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _feed_code(sha, constant)
        else:
            sha.update(repr(constant).encode())


def _constant(value: object) -> str:
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    return repr(value) if isinstance(value, (bool, int, float, str, tuple, np.generic)) else ""


# Called by kernels only: wrappers for calls from Python would take most of the time to compile. And nothing
# is allocated there: counting references to the arrays would take most of the time to run.
inner = jit(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", _nrt=False)
hot = jit(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", _nrt=False, forceinline=True)
