"""Pages about authorizations."""
