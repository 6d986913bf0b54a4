"""What a journey looks like: the report and its drawings."""

from ._report import Report, report

__all__ = ["Report", "report"]
