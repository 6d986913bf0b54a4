"""What Acme adds to cjlib."""

from ._desk import read_desk
from ._outline import outline
from ._quiet import Quiet
from ._rates import FittedRates, Rates
from ._warmth import Warmth

__all__ = ["FittedRates", "Quiet", "Rates", "Warmth", "outline", "read_desk"]
