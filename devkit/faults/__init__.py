"""`dev.py faults`: the whole product under load while its processes die, and three ledgers compared afterwards.

What people were told, what the payer received, what the database says. `docs/reliability.md` says what is promised.
"""
