"""What came after every row, as those who learn and judge read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ._outcomes import Outcomes

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["decided"]

Floats = NDArray[np.float64]


def decided(who: str, panel: Snapshot, given: Any, horizon: str | timedelta | None) -> Floats:
    """(n,) 1 where the event came, 0 where it did not, NaN where it is not decided.

    Args:
        who: asks, for messages.
        panel: the rows.
        given: `Outcomes` of them, or one number per row.
        horizon: within which the event counts, if these are `Outcomes`.

    Raises:
        UsageError: if they are anything else, or of other rows.
    """
    if isinstance(given, Outcomes):
        if horizon is None:
            raise UsageError(f"{who}: within which horizon does the event count? say horizon=")
        came = given.within(horizon)
    elif horizon is not None:
        raise UsageError(f"{who}: a horizon goes with outcomes that are times, not with 1 and 0")
    else:
        try:
            came = np.asarray(given, np.float64)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{who}: outcomes are 1, 0 or NaN per row ({error})") from error
    if came.shape != (len(panel),):
        raise UsageError(f"{who}: {len(panel)} rows, but outcomes of the shape {came.shape}")
    odd = np.flatnonzero(~(np.isnan(came) | (came == 0) | (came == 1)))
    if len(odd):
        raise UsageError(f"{who}: row {odd[0]}: the outcome is 1, 0 or NaN, not {came[odd[0]]:g}")
    return came
