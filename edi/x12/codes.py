"""What the payer's codes mean, in our own words. A page shows the code in brackets beside the words."""

from __future__ import annotations

ACTIONS = {
    "A1": "Approved as requested",
    "A2": "Approved in part",
    "A3": "Not approved",
    "A4": "Pended: the payer has not decided yet",
    "A6": "Approved with changes",
    "C": "Cancelled",
    "CT": "Call the payer: no electronic decision will come",
    "NA": "No authorization needed",
}

# HCR03, code source 886. The list is short text held elsewhere; these are the ones seen, in our words.
DECISION_REASONS = {
    "01": "The earlier price authorization has run out",
    "07": "Cancelled for administrative reasons",
    "09": "The provider is out of network",
    "0B": "Sent to an outside reviewer",
    "0C": "The member's plan restricts access to this service",
    "0D": "The primary care provider must authorize it",
    "0U": "More information about the patient is needed",
}

REJECTION_REASONS = {
    "04": "More was asked for than may be authorized",
    "15": "Required information about the case is missing",
    "33": "The payer's system found an error in what was sent",
    "35": "The provider is out of network",
    "41": "We have no access to this payer for such requests",
    "42": "The payer cannot answer at the moment",
    "43": "The provider's id is missing or not valid",
    "44": "The provider's name is missing or not valid",
    "45": "The provider's specialty is missing or not valid",
    "46": "The provider's telephone number is missing or not valid",
    "47": "The provider's state is missing or not valid",
    "49": "The provider is not the member's primary care provider",
    "51": "The payer does not know the provider",
    "52": "The dates lie outside the provider's enrollment",
    "56": "A date does not fit",
    "57": "The date of service is missing or not valid",
    "58": "The birth date is missing or not valid",
    "60": "The birth date lies after the date of service",
    "61": "The date of death lies before the date of service",
    "62": "The date of service lies outside the period allowed",
    "64": "The patient's id is missing or not valid",
    "65": "The patient's name is missing or not valid",
    "66": "The patient's gender is missing or not valid",
    "67": "The payer does not find the patient",
    "68": "The payer knows the patient's id more than once",
    "71": "The birth date is not the one the payer holds",
    "72": "The member id is missing or not valid",
    "73": "The subscriber's name is missing or not valid",
    "74": "The subscriber's gender is missing or not valid",
    "75": "The payer does not find the subscriber",
    "76": "The payer knows the member id more than once",
    "77": "The payer finds the subscriber, but not the patient",
    "78": "The subscriber is not in the group or plan named",
    "79": "The payer does not know us as the sender",
    "80": "The payer's system did not answer in time",
    "95": "The patient is not eligible",
    "97": "The provider's address is missing or not valid",
    "AA": "The payer does not find the authorization number",
    "AF": "The diagnosis is missing or not valid",
    "AG": "The procedure is missing or not valid",
    "AH": "The date of onset is missing or not valid",
    "AI": "The date of the accident is missing or not valid",
    "AJ": "The date of the last menstrual period is missing or not valid",
    "AK": "The due date is missing or not valid",
    "AM": "The admission date is missing or not valid",
    "AN": "The discharge date is missing or not valid",
    "IP": "The part the provider plays is not valid",
    "T4": "The payer's name or id is missing",
    "T5": "Information for the certification is missing",
}

FOLLOW_UPS = {
    "C": "Correct it and send it again",
    "N": "The payer does not allow it to be sent again",
    "P": "Send the same request again",
    "R": "It may be sent again",
    "Y": "Do not send it again: the payer keeps it and will answer",
}

PURPOSES = {
    "1": "Appeal, urgent",
    "2": "Appeal",
    "3": "Cancellation",
    "4": "Extension",
    "I": "First request",
    "N": "Reconsideration",
    "R": "Renewal",
    "S": "Revision",
}

UPDATES = {
    "18": "The payer will send nothing more",
    "19": "The payer will send a further answer",
    "AT": "Administrative action",
    "RU": "Reservation of services",
}

LEVELS = {
    "2000A": "the payer's reviewer",
    "2010A": "the payer's reviewer",
    "2000B": "the requesting provider",
    "2010B": "the requesting provider",
    "2000C": "the subscriber",
    "2010C": "the subscriber",
    "2000D": "the dependent",
    "2010D": "the dependent",
    "2000E": "the request as a whole",
    "2010E": "a provider of the request",
    "2000F": "a service line",
    "2010F": "a provider of a service line",
}

UNITS = {
    "DA": "days",
    "DY": "days",
    "F2": "international units",
    "FL": "units",
    "HS": "hours",
    "MJ": "minutes",
    "MN": "months",
    "UN": "units",
    "VS": "visits",
}

PERIODS = {"DA": "day", "WK": "week", "MO": "month"}

INTERCHANGE_NOTES = {
    "000": "No error",
    "001": "The two control numbers of the interchange differ",
    "017": "The version is not supported",
    "018": "The control number is not valid",
    "020": "The test indicator is not valid",
    "021": "The number of groups is not right",
    "022": "The control structure is not valid",
    "023": "The file ends too early",
    "024": "The content is not valid",
    "025": "The control number was used before",
}

SEGMENT_ERRORS = {
    "1": "The segment is not known",
    "2": "The segment is not expected here",
    "3": "A required segment is missing",
    "4": "The loop occurs too often",
    "5": "The segment occurs too often",
    "6": "The segment is not part of this message",
    "7": "The segments are out of order",
    "8": "The segment has errors in its elements",
    "I4": "The segment is not used by the guide",
    "I6": "A segment that depends on others is missing",
    "I7": "The loop occurs too seldom",
    "I8": "The segment occurs too seldom",
    "I9": "A dependent segment is not allowed here",
}

ELEMENT_ERRORS = {
    "1": "A required element is missing",
    "2": "An element that depends on others is missing",
    "3": "There are too many elements",
    "4": "The value is too short",
    "5": "The value is too long",
    "6": "The value holds a character that is not allowed",
    "7": "The code is not valid",
    "8": "The date is not valid",
    "9": "The time is not valid",
    "10": "Elements that exclude each other are both given",
    "12": "The element is repeated too often",
    "13": "There are too many components",
    "I6": "The code is not valid on this date",
    "I9": "An element the guide requires is missing",
    "I10": "The element is not used by the guide",
    "I11": "The element is repeated too seldom",
    "I12": "The value does not follow the pattern of the guide",
    "I13": "A dependent element is not allowed here",
}


def words(table: dict[str, str], code: str) -> str:
    """Our words and the code: `Not approved (A3)`; for an unknown code, only that it is one."""
    if not code:
        return ""
    return f"{table[code]} ({code})" if code in table else f"Code {code}"
