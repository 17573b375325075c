"""X12 in plain Python: text in, frozen dataclasses out, errors as values.

Nothing here imports Django or an application, so that anyone may import it and try it without a database.
"""
