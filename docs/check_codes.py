"""Writes the table of check codes into reference/checks.md: python docs/check_codes.py"""

from __future__ import annotations

from pathlib import Path

from cjlib.journey import codes

PAGE = Path(__file__).with_name("reference") / "checks.md"
BEGIN, END = "<!-- codes -->", "<!-- end of codes -->"


def page(text: str) -> str:
    """The page with the table that the code stands for."""
    rows = (f"| `{code}` | {severity} | {summary} |" for code, (severity, summary) in sorted(codes().items()))
    table = "\n".join(["| code | severity | what it finds |", "|---|---|---|", *rows])
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
