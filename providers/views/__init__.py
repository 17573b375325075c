"""Pages about providers and facilities."""
