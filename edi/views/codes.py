"""Our own words for the codes of a 278 and its acknowledgments that a person meets most; others show the bare code.

Values after the 005010X217 and 005010X231A1 guides; the wording is ours.
"""

from collections.abc import Iterable

from web.wording import join_words

HCR_ACTION = {
    "A1": "Certified in total",
    "A2": "Certified in part",
    "A3": "Not certified",
    "A4": "Pended",
    "A6": "Modified",
    "C": "Cancelled",
    "CT": "Contact the payer",
    "NA": "No action required",
}
HCR_REASON = {
    "01": "price authorization expired",
    "07": "administrative cancellation",
    "09": "out of network",
    "0B": "sent to external review",
    "0C": "access restrictions",
    "0D": "needs the primary care provider’s authorization",
    "0U": "more information about the patient is wanted",
}
REVIEW_KIND = {
    "AR": "admission",
    "HS": "health services",
    "SC": "specialty care",
    "IN": "reservation",
}
CERTIFICATION = {
    "I": "first request",
    "R": "renewal",
    "S": "revised",
    "4": "extension",
    "3": "cancellation",
    "1": "urgent appeal",
    "2": "appeal",
    "N": "reconsideration",
}
MESSAGE_PURPOSE = {"13": "A request", "11": "An answer", "28": "A question about the status", "36": "A reservation"}
MORE_TO_COME = {"18": "no more answers follow", "19": "more answers will follow", "RU": "a reservation"}
LEVEL = {
    "20": "the reviewer",
    "21": "the one who asks",
    "22": "the subscriber",
    "23": "the dependent",
    "EV": "the request",
    "SS": "a service line",
}
PARTY = {
    "X3": "Reviewer",
    "PR": "Payer",
    "1P": "Requesting provider",
    "FA": "Facility",
    "IL": "Member",
    "QC": "Patient",
    "SJ": "Service provider",
    "72": "Operating physician",
    "73": "Other physician",
    "71": "Attending physician",
    "DN": "Referring provider",
    "AAJ": "Admitting service",
    "L5": "Send documents to",
    "P3": "Primary care provider",
}
PARTY_NUMBER = {"XX": "NPI", "MI": "member ID", "46": "exchange ID", "PI": "payer ID", "24": "tax ID", "FI": "tax ID"}
REFERENCE = {
    "BB": "Authorization number",
    "NT": "Working number",
    "F6": "Health insurance number",
    "EJ": "Patient account number",
    "SY": "Social security number",
    "6P": "Group number",
    "1L": "Group or policy number",
    "ZH": "Carrier’s number",
}
DATE = {
    "472": "Service",
    "435": "Admission",
    "096": "Discharge",
    "007": "In effect",
    "036": "Expires",
    "102": "Issued",
    "AAH": "Event",
    "431": "Onset of symptoms",
    "484": "Last menstrual period",
    "439": "Accident",
}
UNIT = {
    "DY": "days",
    "UN": "units",
    "DA": "days",
    "MJ": "minutes",
    "VS": "visits",
    "HS": "hours",
    "F2": "international units",
    "MO": "months",
}
PERIOD = {
    "6": "hour",
    "7": "day",
    "26": "episode",
    "27": "visit",
    "29": "remaining",
    "34": "month",
    "35": "week",
    "21": "year",
}
CONTACT = {"TE": "phone", "FX": "fax", "EM": "e-mail", "UR": "web", "EX": "extension"}
REJECTION = {
    "04": "more asked than is allowed",
    "15": "required data is missing",
    "33": "an input error",
    "35": "out of network",
    "41": "access is restricted",
    "42": "cannot answer now",
    "43": "provider ID not right",
    "44": "provider name not right",
    "49": "provider is not the primary care provider",
    "51": "provider is not on file",
    "52": "dates outside enrollment",
    "57": "service date not right",
    "58": "birth date not right",
    "62": "date outside the allowed period",
    "64": "patient ID not right",
    "65": "patient name not right",
    "67": "patient not found",
    "71": "birth date does not match",
    "72": "subscriber ID not right",
    "73": "subscriber name not right",
    "75": "subscriber not found",
    "76": "subscriber found twice",
    "77": "subscriber found, patient not",
    "78": "subscriber not in the group",
    "79": "participant not known",
    "80": "no response, the exchange ended",
    "95": "patient not eligible",
    "AA": "authorization number not found",
    "AF": "diagnosis code not right",
    "AG": "procedure code not right",
    "T4": "payer ID is missing",
    "T5": "certification data is missing",
}
FOLLOW_UP = {
    "C": "correct it and send it again",
    "N": "it may not be sent again",
    "R": "it may be sent again",
    "P": "send the same again",
    "Y": "do not send again, it is held and answered later",
    "S": "do not send again",
}
SET_RESULT = {
    "A": "Accepted",
    "E": "Accepted, with remarks",
    "R": "Refused",
    "P": "Accepted in part",
    "M": "Refused: message authentication failed",
    "W": "Refused: assurance failed",
    "X": "Refused: could not be decrypted",
}
SEGMENT_ERROR = {
    "1": "not a segment of the standard",
    "2": "not expected here",
    "3": "a required segment is missing",
    "4": "repeated too often",
    "5": "repeated too often",
    "6": "not in this transaction",
    "7": "in the wrong order",
    "8": "has elements in error",
    "I4": "not used by the guide",
    "I6": "missing where the guide needs it",
    "I8": "too many for the guide",
    "I9": "missing by the guide’s rule",
}
ELEMENT_ERROR = {
    "1": "required element is missing",
    "2": "missing beside another element",
    "3": "too many elements",
    "4": "too short",
    "5": "too long",
    "6": "holds a character that is not allowed",
    "7": "code is not known",
    "8": "date is not right",
    "9": "time is not right",
    "10": "may not stand beside another element",
    "12": "repeated too often",
    "13": "has too many components",
    "I6": "code is not used by the guide",
    "I9": "missing by the guide’s rule",
    "I10": "not used by the guide",
    "I11": "value is not used by the guide",
    "I12": "does not match a pattern of the guide",
    "I13": "other value than the guide needs",
}
INTERCHANGE_NOTE = {
    "000": "no error",
    "001": "control numbers differ",
    "014": "date not right",
    "015": "time not right",
    "018": "control number not right",
    "022": "structure not right",
    "023": "ended early",
    "024": "content not right",
    "025": "control number came before",
}


def reason_words(reasons: Iterable[str]) -> str:
    """Why the payer decided so, in words with its codes in brackets: "out of network (09)"."""
    return join_words([f"{HCR_REASON[code]} ({code})" if code in HCR_REASON else f"reason {code}" for code in reasons])


REPORTS = {
    "03": "Report justifying treatment beyond the guidelines",
    "08": "Plan of treatment",
    "11": "Chemical analysis",
    "15": "Justification for admission",
    "21": "Recovery plan",
    "77": "Data that support verification",
    "B3": "Order of the physician",
    "DG": "Diagnostic report",
    "DS": "Discharge summary",
    "M1": "Medical record",
    "NN": "Notes of the nurses",
    "OB": "Notes of the operation",
    "OD": "Orders and treatments",
    "P5": "Record of the patient's history",
    "PN": "Notes of the physical therapist",
    "RR": "Radiology reports",
}
"""What a payer asks for by a code alone (005010X217 guide, PWK01)."""


def report_words(text: str) -> str:
    """What a payer asks for: its own text, or the words of the code it gave instead, with that in brackets."""
    return f"{REPORTS[text]} ({text})" if text in REPORTS else text
