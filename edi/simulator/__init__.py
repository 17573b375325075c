"""A payer to try against: reads our 278 requests strictly, answers by a table of scenarios, forgets nothing.

It runs as a process of its own (`python -m edi.simulator --port N --data DIR`) and shares only the tokenizer
with the product. Its rules are written from the guide a second time, so that it is an independent reader of
what the product composes; it must never import the product's composer, readers, models or settings.
`docs/simulator.md` holds the HTTP contract and the table of scenarios.
"""
