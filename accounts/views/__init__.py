"""Pages about people: one's own, and those an administrator looks after."""
