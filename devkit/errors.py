"""The one kind of error that a command shows to the person who typed it."""


class StopError(Exception):
    """The command cannot go on. The text is one sentence saying why and what to do; the exit code is 1."""
