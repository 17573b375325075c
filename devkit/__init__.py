"""The developer's commands: bring Greenlight up from a bare checkout, and test it. Not part of a
deployment."""
