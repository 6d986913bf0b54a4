"""What authors of plugins test them with; needs the extra ``testing``."""

from ..errors import MissingExtraError

try:
    import hypothesis
    import pytest
except ImportError as error:
    raise MissingExtraError(error.name or "pytest", "testing", "cjlib.testing") from None

pytest.register_assert_rewrite(
    *(f"{__name__}.{name}" for name in ("_scorers", "_detectors", "_renderers", "_readers"))
)
del hypothesis, pytest

from ._criteria import criteria  # noqa: E402
from ._detectors import DetectorContract  # noqa: E402
from ._journeys import journeys  # noqa: E402
from ._maps import maps  # noqa: E402
from ._readers import ReaderContract  # noqa: E402
from ._renderers import RendererContract  # noqa: E402
from ._scorers import FittableScorerContract, RowwiseScorerContract, ScorerContract  # noqa: E402
from ._strategies import logs, snapshots, some_rows  # noqa: E402
from ._worlds import small_journey, small_log, small_world  # noqa: E402

__all__ = [
    "DetectorContract",
    "FittableScorerContract",
    "ReaderContract",
    "RendererContract",
    "RowwiseScorerContract",
    "ScorerContract",
    "criteria",
    "journeys",
    "logs",
    "maps",
    "small_journey",
    "small_log",
    "small_world",
    "snapshots",
    "some_rows",
]
