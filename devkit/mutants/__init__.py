"""Planted defects: each wall is broken once in a copy of the checkout, and the tests that guard it must say so."""
