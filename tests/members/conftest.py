"""The cast, for everything that needs a database."""

from tests.cast import in_north, north, south

__all__ = ["in_north", "north", "south"]
