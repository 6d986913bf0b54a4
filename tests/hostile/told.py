"""What a hostile call must come to: an error of ours that names the fault, soon."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from cjlib.errors import CJError

LONGEST_MESSAGE = 20_000
MOST_SECONDS = 10  # of the processor: far above what is right, far below what an endless loop takes


def told(run: Callable[[], Any], words: Sequence[str]) -> CJError:
    """The error that the call ends in, which has all the words, is short and comes soon."""
    start = time.process_time()
    try:
        found = run()
    except CJError as error:
        message = str(error)
        for word in words:
            assert word in message, message[:1000]
        assert len(message) < LONGEST_MESSAGE
        assert time.process_time() - start < MOST_SECONDS
        return error
    raise AssertionError(f"no error, but {found!r:.200}")
