"""The version of cjlib, where the build can read it too."""

__version__ = "0.1.0"
