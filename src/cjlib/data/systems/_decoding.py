"""Bytes become text: encodings recognised, and text that was once read in the wrong one."""

from __future__ import annotations

import re
from functools import partial

__all__ = ["decoded", "repaired"]

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
WRONG = ("mac_roman", "cp1252")
RUNS = re.compile(r"[^\x00-\x7f]{2,}")
# What European text has beyond ASCII. Anything else that a run of signs could mean by chance is no mistake.
LIKELY = re.compile(
    "[\u00a0-\u00ff\u0152\u0153\u0160\u0161\u0178\u2010-\u2027\u202f-\u203a\u20ac\u2122\U0001f300-\U0001faff]+"
)


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and what deserves to be said about its encoding; that is empty for UTF-8.

    >>> decoded("Société".encode("cp1252"))
    ('Société', 'the text is not UTF-8: read as Windows-1252')
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            told = "" if encoding == "utf-8-sig" else "the text is UTF-16"
            try:
                return content.decode(encoding), told
            except UnicodeDecodeError:
                return content.decode(encoding, "replace"), f"{told or 'UTF-8'}, but some bytes are no text"
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "the text is not UTF-8: read as Windows-1252"
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace"), "the text is not UTF-8, and some bytes are no text"


def repaired(text: str) -> tuple[str, str]:
    """The text as it was before UTF-8 was read as something else, and as what; unchanged if it never was.

    >>> repaired("L‚Äôexp√©rience")
    ('L’expérience', 'mac_roman')
    >>> repaired("L’expérience")
    ('L’expérience', '')
    """
    if text.isascii():
        return text, ""
    for codec in WRONG:
        better = RUNS.sub(partial(_once_more, codec=codec), text)
        if better != text:
            return better, codec
    return text, ""


def _once_more(match: re.Match[str], codec: str) -> str:
    """What the run was, if its bytes in the wrong encoding are likely UTF-8."""
    run = match[0]
    try:
        better = b"".join(_bytes_of(sign, codec) for sign in run).decode("utf-8")
    except UnicodeError:
        return run
    return better if LIKELY.fullmatch(better) else run


def _bytes_of(sign: str, codec: str) -> bytes:
    """Windows-1252 has no sign for five bytes; programs let them stand as control characters."""
    return bytes([ord(sign)]) if "\x80" <= sign <= "\x9f" else sign.encode(codec)
