"""The cast, and people in front of pages."""

from tests.cast import in_north, north, south
from tests.web.conftest import plain_settings, sign_in, that_day

__all__ = ["in_north", "north", "plain_settings", "sign_in", "south", "that_day"]
