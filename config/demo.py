"""What the demonstration shows about itself. Never used by an installation of one's own."""

DEMO_PASSWORD = "greenlight-demo-2026"  # noqa: S105  (printed by `dev.py up` and in the README on purpose)
DEMO_ROLES = ("specialist", "clinician", "biller", "scheduler", "supervisor", "admin", "edi")
DEMO_DOMAINS = ("north.example", "south.example")
