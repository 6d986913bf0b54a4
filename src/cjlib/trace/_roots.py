"""The criteria of a journey taken apart into terms, leaves and roots, each with a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ..criteria import And, Criterion, Not, Or, Term
from ..criteria._nodes import SPANNED, Leaf
from ..journey._journey import Journey
from . import _layout as lay
from ._leaves import AttributeKind, LeafCode, leaf_code
from ._turns import FALLS, RISES

__all__ = ["Roots", "Vocabulary", "attribute_of", "used_criteria", "used_terms"]


@attrs.frozen
class Vocabulary:
    """The names that the data use, in the order of their codes."""

    activities: tuple[str, ...]
    channels: tuple[str, ...]
    attributes: Mapping[str, AttributeKind]


def used_criteria(journey: Journey) -> Iterator[Criterion]:
    """Every criterion that a replay reads."""
    for transition in journey.transitions:
        yield transition.when
        if transition.handoff is not None:
            for item in transition.handoff.checklist:
                yield item.criterion
    yield from (milestone.when for milestone in journey.milestones)
    yield from (signal.when for signal in journey.signals)


def used_terms(journey: Journey) -> tuple[Term, ...]:
    """Every term of every criterion that a replay reads."""
    return tuple(term for criterion in used_criteria(journey) for term in criterion.terms())


def attribute_of(term: Term) -> str | None:
    """The attribute that a term mentions: its own, or the one whose changes are the events ``@name``."""
    if term.kind in ("attribute", "until"):
        return term.name
    return term.name[1:] if term.name is not None and term.name.startswith("@") else None


class Roots:
    """A growing collection of criteria; what is the same term gets the same number."""

    def __init__(self, attributes: Mapping[str, AttributeKind]) -> None:
        self.kinds = attributes
        self.attributes: dict[str, int] = {}
        self.terms: list[tuple[Term, int]] = []
        self.leaves: list[Leaf] = []
        self.leaf_terms: list[int] = []
        self.leaf_codes: list[LeafCode] = []
        self.leaf_watches: list[int] = []
        self.code: list[int] = []
        self.ends: list[int] = [0]
        self.leaf_slices: list[tuple[int, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def add(self, criterion: Criterion, *, span: int, watch: int) -> int:
        """Take a criterion in.

        Args:
            criterion: the criterion.
            span: what "since the visit began" means to it: VISIT or BEGINNING.
            watch: which of its turns matter, RISES and FALLS.

        Returns:
            Its number as a root.
        """
        first = len(self.leaves)
        self._emit(criterion, span, watch)
        self.ends.append(len(self.code))
        self.leaf_slices.append((first, len(self.leaves)))
        return len(self.ends) - 2

    def leaf_numbers(self, roots: Iterable[int]) -> list[int]:
        """The leaves of some roots."""
        return [leaf for root in roots for leaf in range(*self.leaf_slices[root])]

    def term_numbers(self, roots: Iterable[int]) -> list[int]:
        """The terms of some roots, each once."""
        return list(dict.fromkeys(self.leaf_terms[leaf] for leaf in self.leaf_numbers(roots)))

    def _emit(self, criterion: Criterion, span: int, watch: int) -> None:
        if isinstance(criterion, (And, Or)):
            for position, part in enumerate(criterion.criteria):
                self._emit(part, span, watch)
                if position:
                    self.code.append(lay.AND if isinstance(criterion, And) else lay.OR)
        elif isinstance(criterion, Not):
            turned = (FALLS if watch & RISES else 0) | (RISES if watch & FALLS else 0)
            self._emit(criterion.criterion, span, turned)
            self.code.append(lay.NOT)
        else:
            assert isinstance(criterion, Leaf)
            self._leaf(criterion, span, watch)

    def _leaf(self, leaf: Leaf, span: int, watch: int) -> None:
        self.code.append(len(self.leaves))
        self.leaves.append(leaf)
        self.leaf_terms.append(self._term(leaf.operands()[0], span))
        self.leaf_codes.append(leaf_code(leaf, self.kinds))
        self.leaf_watches.append(watch)
        for term in leaf.operands():
            if (name := attribute_of(term)) is not None:
                self.attributes.setdefault(name, len(self.attributes))

    def _term(self, term: Term, visit_span: int) -> int:
        span = lay.EVER
        if term.within is not None:
            span = lay.WINDOW
        elif term.kind == "dwell" or (term.kind in SPANNED and not term.ever):
            span = visit_span
        key = (str(term), span)
        if key not in self._numbers:
            self._numbers[key] = len(self.terms)
            self.terms.append((term, span))
        return self._numbers[key]
