"""Pages of the configuration."""
