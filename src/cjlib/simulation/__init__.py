"""Customers made up from a journey, and the truth about them."""

from ._simulate import Simulation, simulate

__all__ = ["Simulation", "simulate"]
