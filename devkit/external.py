"""Servers that someone else runs: named by the environment, all or none."""

from collections.abc import Mapping

from devkit.errors import StopError

NEEDED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def servers_from_environment(environment: Mapping[str, str]) -> bool:
    """Whether the environment names all servers. Raises StopError when it names only some of them."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing and len(missing) < len(NEEDED):
        present = [name for name in NEEDED if name not in missing]
        raise StopError(
            f"{', '.join(present)} is set but {', '.join(missing)} is not: "
            "set all three to use servers of your own, or none of them."
        )
    return not missing
