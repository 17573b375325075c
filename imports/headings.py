"""Headings that trackers and rosters have every day, by what stands below them.

Case and punctuation do not matter, and #, No. and number are the same (see `csv_import`). A heading belongs to one
column of an import only: one that could be two, such as Visits for what was approved or used, is left to a person.
"""

from __future__ import annotations


def _each(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


MRN = _each(
    "medical record number, chart, chart number, patient id, client id, patient number, client number, patient mrn, "
    "pt mrn, pt id, pt number, mr number"
)
CARD_NUMBER = _each(
    "insurance id, policy number, member number, card, card number, number on the card, "
    "insurance number, ins id, ins number, policy id, mbr id, mbr number"
)
OTHER_NUMBERS = _each("subscriber id, subscriber number, medicaid id, medicaid number")
AUTHORIZATION_NAME = _each(
    "member, patient, patient name, client, client name, last name, pt, pt name, surname, family name"
)
AUTHORIZATION_PAYER = _each(
    "insurance, payer name, plan, carrier, ins, insurer, payor, payor name, insurance name, insurance company, ins "
    "name, ins co, health plan, plan name"
)
AUTHORIZATION_NUMBER = _each(
    "auth number, auth #, auth, auth no, authorization #, authorization, pa number, pa #, certification number, "
    "approval number, pa, prior auth, prior auth number, prior authorization, prior authorization number, approval, "
    "reference number"
)
AUTHORIZATION_CODES = _each(
    "cpt, hcpcs, cpt code, hcpcs code, procedure, procedure code, service code, service, cpt/hcpcs, hcpcs/cpt, "
    "cpt/hcpcs code, cpt codes, proc, proc code, codes, svc, svc code, billing code"
)
AUTHORIZATION_QUANTITY = _each(
    "units, approved units, authorized units, auth units, units approved, units authorized, total units, quantity, "
    "qty, units auth, authorized"
)
AUTHORIZATION_USED = _each(
    "used units, units used, utilized, used to date, units used to date, visits used, hours used, used visits, used "
    "hours, utilized units, units utilized"
)
AUTHORIZATION_STARTS_ON = _each(
    "start, start date, from, from date, effective date, begin date, auth start, eff date, eff, effective, auth start "
    "date, auth from, begin, begins, starts, valid from"
)
AUTHORIZATION_ENDS_ON = _each(
    "end, end date, to, to date, thru, through, expiration date, exp date, expires, auth end, exp, expiration, "
    "expiry, expiry date, expires on, auth end date, auth to, auth exp, auth exp date, thru date, through date, valid "
    "to, ends, term date"
)
MEMBER_LAST_NAME = _each(
    "last, surname, family name, patient last name, client last name, member last name, pt last name, lname"
)
MEMBER_FIRST_NAME = _each(
    "first, given, given name, forename, patient first name, client first name, member first name, pt first name, fname"
)
MEMBER_BIRTH_DATE = _each("dob, birth date, birthdate, d o b, birthday, born, patient dob, pt dob")
MEMBER_PAYER = _each(
    "insurance, payer id, carrier, ins, insurer, payor, payer name, payor name, payor id, insurance name, insurance "
    "company, ins name, ins co, health plan"
)
MEMBER_STARTS_ON = _each(
    "coverage start, effective date, eff date, eff, effective, effective from, coverage start date, coverage "
    "effective date, start, start date, from, from date, begin date"
)
MEMBER_ENDS_ON = _each(
    "coverage end, termination date, term date, term, coverage end date, end, end date, to, to date, thru, through, "
    "exp date, expires, expiration date"
)
PROVIDER_NAME = _each(
    "last name, name, group, last, surname, family name, provider, provider name, provider last name, group name, lname"
)
PROVIDER_FIRST_NAME = _each("first, given, given name, forename, provider first name, fname")
PROVIDER_ACTIVE_FROM = _each("active from, start, start date, hire date, eff date, effective date")
PROVIDER_ACTIVE_TO = _each("active to, end, end date, termination date, term date, thru")
FACILITY_NAME = _each("facility, facility name, site, site name, location, location name, clinic, clinic name")
FACILITY_ACTIVE_TO = _each("active to, end, end date, termination date, term date, thru")
PAYER_IDENTIFIER = _each("payer identifier, id, payer number, payor id, payor number, insurance id")
PAYER_NAME = _each("payer, name, payor, payor name, insurance, ins, insurance name, insurer, carrier")
