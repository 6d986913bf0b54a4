"""What authors of plugins test them with; needs the extra ``testing``."""

from ..errors import MissingExtraError

try:
    import hypothesis
    import pytest
except ImportError as error:
    raise MissingExtraError(error.name or "pytest", "testing", "cjlib.testing") from None

pytest.register_assert_rewrite(f"{__name__}._scorers", f"{__name__}._detectors")
del hypothesis, pytest

from ._detectors import DetectorContract  # noqa: E402
from ._scorers import FittableScorerContract, RowwiseScorerContract, ScorerContract  # noqa: E402
from ._strategies import logs, snapshots  # noqa: E402
from ._worlds import small_journey, small_log, small_world  # noqa: E402

__all__ = [
    "DetectorContract",
    "FittableScorerContract",
    "RowwiseScorerContract",
    "ScorerContract",
    "logs",
    "small_journey",
    "small_log",
    "small_world",
    "snapshots",
]
