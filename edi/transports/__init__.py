"""Ways to hand bytes to a partner. A transport says what became of them; it never says what was decided."""
