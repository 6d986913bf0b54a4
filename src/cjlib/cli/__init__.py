"""The command line: everything that can be done with a file of events and a journey."""

from . import _answers, _definition, _discover, _pictures
from ._app import main

__all__ = ["main"]

COMMANDS = (_definition, _discover, _answers, _pictures)  # each adds its own when it is imported
