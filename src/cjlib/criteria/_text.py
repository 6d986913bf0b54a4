"""Reading a criterion from text: Python's own grammar held against a short list of what is allowed."""

from __future__ import annotations

import ast
import re
import warnings

from ..errors import CJError, CriterionError, UsageError, did_you_mean
from . import _terms
from ._nodes import FLIPPED, MAX_LENGTH, And, Comparison, Contains, Criterion, Membership, Not, Or, Term

__all__ = ["parse"]

_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'")
_OPERATORS = {ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<=", ast.Lt: "<", ast.Eq: "==", ast.NotEq: "!="}
_WORDS = {name: getattr(_terms, name) for name in _terms.__all__}
_KEYWORDS = ("ever", "within", "channel", "touchpoint")
_MAX_BRACKETS = 100
_HERE = "criterion, at character"


def parse(text: str) -> Criterion:
    """The criterion that the text says; nothing in it is ever evaluated.

    Args:
        text: the notation of Python code, with ``and or not``, such as
            ``'happened("kickoff") and count("login", within="14d") >= 3'``.

    Raises:
        CriterionError: with the position of what is not understood and the nearest right word.

    >>> str(parse("dwell()>'2w' or not happened('kickoff')"))
    'dwell() > "14d" or not happened("kickoff")'
    """
    if not isinstance(text, str):
        raise UsageError(f"a criterion is read from text, not from {type(text).__name__}")
    if not text.strip():
        raise CriterionError("criterion: the text is empty")
    _check_surface(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            warnings.simplefilter("error", DeprecationWarning)
            tree = ast.parse(text.strip(), mode="eval")
        return _criterion(tree.body)
    except SyntaxError as error:
        raise _at(text, error.msg, (error.offset or 1) - 1) from error
    except (RecursionError, MemoryError, ValueError, UsageError) as error:
        if isinstance(error, CriterionError):
            raise
        raise CriterionError(
            f"criterion {text.strip()[:80]!r}: {str(error)[:200] or 'too deeply nested'}"
        ) from error


def _check_surface(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise CriterionError(f"a criterion may have {MAX_LENGTH:,} characters, this has {len(text):,}")
    bare = _STRINGS.sub('""', text)
    for char in bare:
        if not char.isascii():
            raise CriterionError(
                f"criterion {text.strip()[:80]!r}: the character {char!r} (U+{ord(char):04X}) may stand "
                "in quotes only"
            )
    depth = 0
    for char in bare:
        depth += (char in "([") - (char in ")]")
        if depth > _MAX_BRACKETS:
            raise CriterionError(f"criterion: more than {_MAX_BRACKETS} brackets inside each other")


def _at(text: str, message: str, offset: int) -> CriterionError:
    start = max(0, offset - 30)
    return CriterionError(
        f"criterion, at character {offset + 1} ({text.strip()[start : offset + 30]!r}): {message}"
    )


def _criterion(node: ast.expr) -> Criterion:
    if isinstance(node, ast.BoolOp):
        return _joined(
            And if isinstance(node.op, ast.And) else Or, [_criterion(value) for value in node.values]
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(_criterion(node.operand))
    if isinstance(node, (ast.Compare, ast.Call)):
        return _leaf(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        raise _refused(node, "in text write 'and' and 'or' (& and | are for Python code)")
    raise _refused(node, "a comparison, happened(...) or known(...) was expected")


def _leaf(node: ast.Compare | ast.Call) -> Criterion:
    try:
        found = _comparison(node) if isinstance(node, ast.Compare) else _call(node)
    except CJError as error:
        if str(error).startswith(_HERE):
            raise
        raise _refused(node, str(error)) from error
    if isinstance(found, Criterion):
        return found
    raise _refused(node, f"{found} is a term; compare it, as in {found} >= {_example(found)}")


def _example(term: Term) -> str:
    return '"30d"' if term.is_duration else "3"


def _joined(kind: type[And] | type[Or], parts: list[Criterion]) -> Criterion:
    flat: list[Criterion] = []
    for part in parts:
        flat.extend(part.criteria if isinstance(part, kind) else [part])
    return kind(tuple(flat))


def _comparison(node: ast.Compare) -> Criterion:
    if len(node.ops) > 1:
        raise _refused(node, "a chained comparison; write two comparisons joined by 'and'")
    operator, right = node.ops[0], node.comparators[0]
    if isinstance(operator, (ast.In, ast.NotIn)):
        membership = _membership(node.left, right)
        return Not(membership) if isinstance(operator, ast.NotIn) else membership
    sign = _OPERATORS.get(type(operator))
    if sign is None:
        raise _refused(node, "'is' compares nothing here; use == or known(...)")
    if isinstance(node.left, ast.Call):
        return Comparison(_term(node.left), sign, _operand(right))
    if isinstance(right, ast.Call):
        return Comparison(_term(right), FLIPPED[sign], _literal(node.left))
    raise _refused(node, "one side of a comparison must be a term, such as count(...)")


def _membership(left: ast.expr, right: ast.expr) -> Criterion:
    if isinstance(right, ast.Call):
        option = _literal(left)
        if not isinstance(option, str):
            raise _refused(left, "an option is text")
        return Contains(_term(right), option)
    if isinstance(right, (ast.List, ast.Tuple)):
        return Membership(_term(left), [_literal(element) for element in right.elts])
    raise _refused(right, "after 'in' comes a list such as ['a', 'b'] or an attribute(...)")


def _operand(node: ast.expr) -> object:
    return _term(node) if isinstance(node, ast.Call) else _literal(node)


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, (ast.List, ast.Tuple)):
        raise _refused(node, "a list stands after 'in' only")
    if isinstance(node, ast.Name):
        raise _refused(node, f"{node.id!r} is no literal; names stand in quotes")
    if isinstance(node, ast.BinOp):
        raise _refused(node, "criteria have no arithmetic; write the result")
    raise _refused(node, "a number, text in quotes, True or False was expected")


def _term(node: ast.expr) -> Term:
    if not isinstance(node, ast.Call):
        raise _refused(node, "a term was expected, such as count('login')")
    found = _call(node)
    if not isinstance(found, Term):
        raise _refused(node, f"{found} is a criterion already; compare a term such as count(...)")
    return found


def _call(node: ast.Call) -> Term | Criterion:
    if not isinstance(node.func, ast.Name):
        raise _refused(node, "only the words of the criteria can be called")
    word = _WORDS.get(node.func.id)
    if word is None:
        raise _refused(node, f"unknown word {node.func.id!r}{did_you_mean(node.func.id, _WORDS)}")
    arguments = [_term(arg) if node.func.id == "known" else _literal(arg) for arg in node.args]
    keywords: dict[str, object] = {}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in _KEYWORDS:
            raise _refused(node, f"unknown argument {keyword.arg!r}{did_you_mean(keyword.arg, _KEYWORDS)}")
        keywords[keyword.arg] = _literal(keyword.value)
    if not isinstance(keywords.get("ever", False), bool):
        raise _refused(node, "ever is True or False")
    try:
        return word(*arguments, **keywords)  # type: ignore[no-any-return]
    except TypeError as error:
        raise _refused(node, f"{node.func.id}: {error}") from error


def _refused(node: ast.expr, message: str) -> CriterionError:
    source = ast.unparse(node)[:80]
    return CriterionError(f"{_HERE} {node.col_offset + 1} ({source!r}): {message}")
