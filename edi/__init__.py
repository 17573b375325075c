"""The edge to the payers: reading and writing X12, exchanging it, and telling the domain what came of it."""
