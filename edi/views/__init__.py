"""Pages about the exchange."""
