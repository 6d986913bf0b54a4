"""A page opened from disk, and what a reader would complain about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

SIZES = {1280: 900, 390: 844}

# Every line of text that is seen: where it is, and what of it a box cuts off. Boxes of lines are taken
# without the upper and lower fifth, where letters of neighbouring lines may meet and nothing is hidden.
TEXTS = """
() => {
  const found = [], range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('title, .skip')) continue;
    if (!parent.checkVisibility({checkVisibilityCSS: true})) continue;
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const top = box.top + scrollY + box.height / 5, bottom = box.bottom + scrollY - box.height / 5;
      let cut = false, scrolls = false;
      for (let up = parent; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up), frame = up.getBoundingClientRect();
        if (style.overflowX === 'auto' || style.overflowX === 'scroll') { scrolls = true; break; }
        const clips = style.overflowX === 'hidden' || up.tagName === 'svg';
        if (clips && (box.left < frame.left - 1 || box.right > frame.right + 1)) cut = true;
      }
      if (!scrolls && (box.left < -1 || box.right > innerWidth + 1)) cut = true;
      found.push({text: node.data.trim().slice(0, 60), left: box.left, right: box.right, top, bottom, cut});
    }
  }
  return found;
}
"""
OVERLAPS = """
(texts) => {
  const found = [], rows = [...texts].sort((a, b) => a.top - b.top);
  for (let i = 0; i < rows.length; i++)
    for (let j = i + 1; j < rows.length && rows[j].top < rows[i].bottom; j++) {
      const wide = Math.min(rows[i].right, rows[j].right) - Math.max(rows[i].left, rows[j].left);
      const tall = Math.min(rows[i].bottom, rows[j].bottom) - rows[j].top;
      if (wide > 1.5 && tall > 1.5) found.push(rows[i].text + ' | ' + rows[j].text);
    }
  return found;
}
"""


@attrs.frozen
class Opened:
    """A page, what it printed on the console, and what it asked the network for."""

    page: Any
    console: list[str]
    requests: list[str]

    def cut(self) -> list[str]:
        """Texts of which a part cannot be seen and cannot be scrolled to."""
        return [text["text"] for text in self.page.evaluate(TEXTS) if text["cut"]]

    def overlapping(self) -> list[str]:
        """Pairs of texts one of which covers the other."""
        found: list[str] = self.page.evaluate(OVERLAPS, self.page.evaluate(TEXTS))
        return found

    def is_wider_than_the_window(self) -> bool:
        """Whether the page as a whole scrolls sideways."""
        wider: bool = self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        return wider


@contextmanager
def opened(
    browser: Any, path: Path, width: int = 1280, scheme: str = "light", **options: Any
) -> Iterator[Opened]:
    """The file in a window of a width, light or dark."""
    page = browser.new_page(
        viewport={"width": width, "height": SIZES.get(width, 800)}, color_scheme=scheme, **options
    )
    console: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    yield Opened(page, console, requests)
    page.close()
