"""Whatever a text holds, it stays text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from cjlib.outputs._html import tag


class Reader(HTMLParser):
    """Collects what a browser would find."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: object) -> Reader:
    reader = Reader()
    reader.feed(str(markup))
    reader.close()
    return reader


@given(st.text())
def test_a_text_comes_back_as_the_text_of_one_element(text: str) -> None:
    found = read(tag("p", text, title=text))
    fit = found.text.replace("\r\n", "\n")
    assert found.tags == ["p"]
    assert set(found.attributes) == {"title"}
    assert len(fit) <= len(text)
    assert "<" not in str(tag("p", text)).removeprefix("<p>").removesuffix("</p>")


def test_a_script_is_shown_and_not_run() -> None:
    found = read(tag("p", "<script>alert(1)</script>", title='" onclick="alert(1)'))
    assert found.tags == ["p"]
    assert found.text == "<script>alert(1)</script>"
    assert found.attributes == {"title": '" onclick="alert(1)'}


def test_what_no_document_may_hold_is_replaced() -> None:
    text = str(tag("p", "a\x00b\ud800c\x1b\ufffe"))
    assert text == "<p>a\ufffdb\ufffdc\ufffd\ufffd</p>"
    assert text.encode("utf-8")


def test_none_is_left_out_and_lists_are_joined() -> None:
    assert str(tag("ul", None, [tag("li", i) for i in (1, 2)], hidden=True, id=None)) == (
        "<ul hidden><li>1</li><li>2</li></ul>"
    )
