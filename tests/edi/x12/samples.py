"""The samples: our own, one for each business scenario, and the public ones where they lie beside the
checkout.
"""

from pathlib import Path

from edi.x12.envelope import Interchange, TransactionSet, read_envelopes
from edi.x12.outcome import Outcome, outcomes
from edi.x12.review_response import read_response
from edi.x12.tokenizer import decode

OWN = Path(__file__).parent.parent / "samples"
PUBLIC = Path(__file__).parents[4] / "shared" / "samples"


def text_of(name: str) -> str:
    """One of our own samples as text."""
    return decode((OWN / name).read_bytes())


def interchange_of(text: str) -> Interchange:
    """The only interchange of a text."""
    (found,) = read_envelopes(text).interchanges
    return found


def set_of(name: str) -> TransactionSet:
    """The only transaction set of one of our own samples."""
    (found,) = interchange_of(text_of(name)).sets
    return found


def outcome_of(name: str) -> Outcome:
    """What the only event of one of our own responses means."""
    read = read_response(set_of(name))
    assert read.response is not None
    assert read.problems == ()
    (found,) = outcomes(read.response)
    return found


def good_texts() -> dict[str, str]:
    """Every sample of ours without a planted defect."""
    return {path.name: text_of(path.name) for path in sorted(OWN.glob("*.edi")) if "miscounted" not in path.name}
