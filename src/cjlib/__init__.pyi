from . import criteria as criteria
from . import errors as errors
from . import findings as findings
from ._version import __version__ as __version__
from .criteria import parse as parse
