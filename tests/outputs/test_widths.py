"""Texts are broken so that every line fits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cjlib.outputs._widths import fits_exactly, fitted, width_of, wrapped

WIDTHS = st.floats(30, 400)


@given(st.text(max_size=300), WIDTHS, st.integers(1, 5), st.booleans())
def test_no_line_is_wider_than_the_room_and_there_are_not_too_many(
    text: str, width: float, lines: int, bold: bool
) -> None:
    found = wrapped(text, width, 11, lines=lines, bold=bold)
    assert len(found) <= lines
    assert all(width_of(line, 11, bold=bold) <= width + 0.01 for line in found)


@given(st.text(alphabet="abc déf", max_size=60))
def test_what_has_room_is_left_as_it_is(text: str) -> None:
    assert " ".join(wrapped(text, 1000, 11, lines=9)) == " ".join(text.split())


def test_a_text_without_end_is_cut_in_no_time() -> None:
    assert fitted("x" * 1_000_000, 100, 10).endswith("…")


def test_the_widths_are_those_of_arial() -> None:
    """Adobe's metrics of Helvetica, to which Arial and Liberation Sans keep: a 556, i 222, W 944."""
    assert [width_of(letter, 1000) for letter in "aiW"] == [556, 222, 944]
    assert width_of("é", 1000) == width_of("e", 1000)
    assert fits_exactly("Évaluer ≥ 3 — “ok”…")
    assert not fits_exactly("日本")
