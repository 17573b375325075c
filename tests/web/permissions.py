"""The reviewed table: who of an organization may open each address, and what they then get.

Written by people, not taken from the decorators: a decorator that is wrong does not make itself right here. A route
that is not in it fails the matrix with the line to add; look at who should be let in before adding it.

`get` and `post` are the answers for those who may, on what is their own. A post sends the form of the page as it
stands, or `send`; 422 means that it was looked at and found wanting, which only who may gets to hear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYBODY = "specialist clinician biller scheduler supervisor admin edi"
CARE = "specialist clinician biller scheduler supervisor admin"
ASKS = "specialist supervisor"
CONTRIBUTES = "specialist clinician supervisor"
BILLS = "specialist biller supervisor"
KEEPS_MEMBERS = "specialist supervisor"
CHECKS = "specialist scheduler supervisor"
EXCHANGE = "specialist supervisor edi"
SEES_PAYERS = "specialist biller scheduler supervisor admin edi"
SETS_PAYERS = "supervisor admin edi"
LOOKS_AFTER_PEOPLE = "admin"
AUDITS = "supervisor admin"
SUPERVISES = "supervisor"


@dataclass(frozen=True)
class Row:
    """One address. `roles`: who may; everybody else of the organization is refused.

    `by_row`: the right depends on the row, so that of a row nobody here can see everybody hears the same.
    """

    roles: str
    get: int | None = 200
    post: int | None = None
    send: dict[str, str] = field(default_factory=dict)
    by_row: bool = False

    @property
    def opens(self) -> bool:
        """Whether it is a page that shows itself for what stands on the stage."""
        return self.get is not None and self.get < 400

    def filled(self, ids: Mapping[str, object]) -> dict[str, str]:
        """What is sent, where an @ stands before the name of something on the stage."""
        return {name: str(ids[text[1:]]) if text[:1] == "@" else text for name, text in self.send.items()}


TABLE: dict[str, Row] = {
    # Work and search
    "home": Row(EVERYBODY),
    "keyboard": Row(EVERYBODY, post=302, send={"keys": "on"}),
    "search": Row(EVERYBODY, get=None, post=200, send={"q": "zz"}),
    # Members
    "member_list": Row(CARE),
    "member_search": Row(CARE, get=None, post=200, send={"q": "Ada"}),
    "member_pick": Row(CARE, get=None, post=200, send={"q": "Ada", "for": "new"}),
    "member_detail": Row(CARE),
    "member_covered": Row(CARE, post=200, send={"code": "H2019", "starts_on": "2026-11-23"}),
    "member_new": Row(KEEPS_MEMBERS, post=422),
    "member_edit": Row(KEEPS_MEMBERS, post=302),
    "identifier_new": Row(KEEPS_MEMBERS, post=422),
    "identifier_edit": Row(KEEPS_MEMBERS, post=302),
    "coverage_new": Row(KEEPS_MEMBERS, post=422),
    "coverage_edit": Row(KEEPS_MEMBERS, post=302),
    "coverage_end": Row(KEEPS_MEMBERS, post=302),
    "member_import": Row(KEEPS_MEMBERS, post=422),
    "member_import_template": Row(KEEPS_MEMBERS),
    "member_import_file": Row(KEEPS_MEMBERS, post=302),
    # Eligibility
    "check_new": Row(CHECKS, post=422),
    "roster_list": Row(CARE),
    "roster_new": Row(CHECKS, post=302, send={"of": "list", "mrns": "770009"}),
    "roster_detail": Row(CARE),
    "roster_export": Row(CARE),
    "roster_entry": Row(CHECKS, get=None, post=302, send={"do": "settle", "result": "active", "source": "card"}),
    "eligibility_rule": Row(SETS_PAYERS, post=302),
    # Codes
    "procedure_search": Row(EVERYBODY, get=None, post=200, send={"q": "H2019"}),
    "diagnosis_search": Row(EVERYBODY, get=None, post=200, send={"q": "autistic"}),
    # Authorizations
    "authorization_list": Row(EVERYBODY),
    "authorization_export": Row(EVERYBODY, post=200, send={"case": "@authorization_id"}),
    "view_list": Row(EVERYBODY),
    "view_new": Row(EVERYBODY, post=422),
    "view_edit": Row(f"supervisor {EVERYBODY}", post=302),
    "view_up": Row(EVERYBODY, get=None, post=302),
    "view_first": Row(EVERYBODY, get=None, post=302),
    "view_remove": Row(EVERYBODY, post=302),
    "authorization_several": Row(ASKS, get=None, post=302, send={"do": "renew"}),
    "authorization_detail": Row(EVERYBODY),
    "authorization_status": Row(EVERYBODY),
    "authorization_new": Row(ASKS),
    "member_authorization_new": Row(ASKS, post=302),
    "existing_new": Row(ASKS),
    "authorization_import": Row(ASKS, post=422),
    "authorization_import_template": Row(ASKS),
    "authorization_import_file": Row(ASKS, post=302),
    "member_existing_new": Row(ASKS, post=422),
    "authorization_edit": Row(ASKS, post=302),
    "authorization_discard": Row(ASKS, post=302),
    "authorization_note": Row(CONTRIBUTES, post=302, send={"text": "Called."}),
    "authorization_terms": Row(ASKS, get=409, post=409, send={"do": "accept"}),
    "decision_review": Row(ASKS, get=409, post=409, send={"do": "confirm"}),
    "second_look_rule": Row(LOOKS_AFTER_PEOPLE, get=None, post=302, send={"required": "no"}),
    "authorization_task_close": Row(ASKS, get=None, post=302),
    "authorization_recalculate": Row(ASKS, post=200),
    "document_upload": Row(CONTRIBUTES, post=422),
    "authorization_packet": Row(EVERYBODY),
    "authorization_packet_choose": Row(EVERYBODY, post=302),
    "document_download": Row(EVERYBODY),
    "document_mistake": Row(CONTRIBUTES, post=302, send={"reason": "Of another member"}),
    "authorization_letter": Row(ASKS, post=422),
    "authorization_cancel": Row(ASKS, post=302, send={"reason": "Moved away.", "channel": "phone"}),
    "authorization_amend": Row(ASKS, post=422),
    "authorization_more_units": Row(CONTRIBUTES, post=422),
    "authorization_extend": Row(ASKS, post=302, send={"channel": "phone"}),
    "authorization_appeal": Row(ASKS, post=422),
    "authorization_playbook": Row(SETS_PAYERS, post=302),
    "authorization_no_gap": Row(SETS_PAYERS, get=None, post=302, send={"reason": "The order was missing"}),
    "playbook_gaps": Row(SEES_PAYERS),
    "rework": Row(SEES_PAYERS),
    "rework_export": Row(SEES_PAYERS),
    "rework_payer": Row(SEES_PAYERS),
    "authorization_inquire": Row(ASKS, post=302),
    "authorization_renew": Row(ASKS, post=302),
    "authorization_ask_anew": Row(ASKS, post=302),
    "submission_resubmit": Row(ASKS, post=422),
    "manual_queue": Row(EVERYBODY),
    "urgent_queue": Row(EVERYBODY),
    "routine_queue": Row(EVERYBODY),
    "workload_board": Row(SUPERVISES),
    "publication_list": Row(SUPERVISES),
    "workload_owner": Row(SUPERVISES),
    "workload_unowned": Row(SUPERVISES),
    "authorization_hand_over": Row(ASKS, post=302, send={"owner": "@colleague_id", "reason": "Away next week"}),
    "authorization_next": Row(ASKS, post=302, send={"words": "Call the payer", "day": "2027-01-04"}),
    "authorization_publish": Row(ASKS, get=None, post=302),
    "urgent_rule": Row(SETS_PAYERS, post=302),
    "submission_mark": Row(ASKS, post=302),
    "submission_take_back": Row(ASKS, post=302),
    "submission_class": Row(ASKS, get=None, post=302, send={"handled_as": "urgent"}),
    "submission_recall": Row(ASKS, post=302),
    "submission_channel": Row(ASKS, post=302, send={"channel": "fax", "reason": "The portal is down."}),
    "submission_response": Row(ASKS, post=422),
    "decision_correct": Row(ASKS, post=422),
    # Claims
    "claim_list": Row(BILLS),
    "claim_detail": Row(BILLS),
    "claim_new": Row(BILLS, post=200),
    "claim_replace": Row(BILLS, post=302),
    "claim_void": Row(BILLS, post=302),
    # Notices
    "notice_list": Row(EVERYBODY),
    "notices_read": Row(EVERYBODY, get=None, post=302),
    "notice_settings": Row(EVERYBODY, post=302),
    "calendar_open": Row(EVERYBODY, get=None, post=200),
    "calendar_withdraw": Row(EVERYBODY, get=None, post=302),
    "payer_overdue": Row(EVERYBODY),
    # Exchange
    "message_list": Row(EXCHANGE),
    "exchange_message": Row(EXCHANGE),
    "message_attach": Row("edi", post=409),
    "undelivered_list": Row(EXCHANGE),
    "undelivered_resend": Row("edi", get=302, post=302),
    "dead_letter_list": Row(EXCHANGE),
    "dead_letter_requeue": Row("edi", post=302),
    # Audit
    "audit_log": Row(AUDITS),
    "audit_find": Row(AUDITS, get=None, post=302, send={"about": "zz"}),
    "audit_export": Row(AUDITS),
    # People
    "absence_list": Row(EVERYBODY, post=422),
    "absence_call_off": Row("biller supervisor", get=None, post=302, by_row=True),
    "people": Row(LOOKS_AFTER_PEOPLE),
    "invite": Row(LOOKS_AFTER_PEOPLE, post=200, send={"email": "new@north.example", "role": "@role_id"}),
    "invitation_withdraw": Row(LOOKS_AFTER_PEOPLE, get=None, post=302),
    "person": Row(LOOKS_AFTER_PEOPLE, post=302),
    "person_close": Row(LOOKS_AFTER_PEOPLE, post=302),
    "person_reopen": Row(LOOKS_AFTER_PEOPLE, get=None, post=302),
    "second_factor_rule": Row(LOOKS_AFTER_PEOPLE, get=None, post=302, send={"required": "no"}),
    "role_list": Row(LOOKS_AFTER_PEOPLE),
    "role_new": Row(LOOKS_AFTER_PEOPLE, post=302, send={"name": "Another"}),
    "role_edit": Row(LOOKS_AFTER_PEOPLE, post=302),
    # Configuration
    "configuration": Row(SEES_PAYERS),
    "contract_list": Row(SEES_PAYERS),
    "contract_export": Row(SEES_PAYERS),
    "holiday_list": Row(SEES_PAYERS),
    "holiday_export": Row(SEES_PAYERS),
    "holiday_add": Row(SETS_PAYERS, get=None, post=302, send={"day": "2026-12-25", "name": "Christmas"}),
    "holiday_switch": Row(SETS_PAYERS, get=None, post=302),
    "payer_list": Row(SEES_PAYERS),
    "payer_export": Row(SEES_PAYERS),
    "payer_detail": Row(SEES_PAYERS),
    "payer_new": Row(SETS_PAYERS, post=422),
    "payer_edit": Row(SETS_PAYERS, post=302),
    "payer_switch": Row(SETS_PAYERS, post=302),
    "payer_import": Row(SETS_PAYERS, post=422),
    "payer_import_template": Row(SETS_PAYERS),
    "payer_import_file": Row(SETS_PAYERS, post=302),
    "payer_alias_add": Row(SETS_PAYERS, get=None, post=302, send={"alias": "Another name"}),
    "payer_alias_retire": Row(SETS_PAYERS, get=None, post=302),
    "program_list": Row(SEES_PAYERS),
    "program_export": Row(SEES_PAYERS),
    "program_detail": Row(SEES_PAYERS),
    "program_new": Row(SETS_PAYERS, post=422),
    "program_edit": Row(SETS_PAYERS, post=302),
    "program_switch": Row(SETS_PAYERS, post=302),
    "rules_new": Row(SETS_PAYERS, post=422),
    "rules_edit": Row(SETS_PAYERS, post=302),
    "route_new": Row(SETS_PAYERS, post=302),
    "route_edit": Row(SETS_PAYERS, post=302),
    "route_move": Row(SETS_PAYERS, get=None, post=302),
    "route_switch": Row(SETS_PAYERS, post=302),
    "partner_list": Row(SEES_PAYERS),
    "partner_export": Row(SEES_PAYERS),
    "partner_detail": Row(SEES_PAYERS),
    "partner_new": Row(SETS_PAYERS, post=422),
    "partner_edit": Row(SETS_PAYERS, post=302),
    "partner_switch": Row(SETS_PAYERS, post=302),
    "partner_usage": Row(SETS_PAYERS, post=302),
    "playbook_list": Row(SEES_PAYERS),
    "playbook_detail": Row(SEES_PAYERS),
    "playbook_new_payer": Row(SETS_PAYERS, post=302),
    "playbook_new_program": Row(SETS_PAYERS, post=302),
    "playbook_edit": Row(SETS_PAYERS, post=302),
    "playbook_review": Row(SETS_PAYERS, get=None, post=302),
    "provider_list": Row(SEES_PAYERS),
    "provider_export": Row(SEES_PAYERS),
    "provider_detail": Row(SEES_PAYERS),
    "provider_new": Row(SETS_PAYERS, post=422),
    "provider_edit": Row(SETS_PAYERS, post=302),
    "provider_close": Row(SETS_PAYERS, post=302),
    "provider_import": Row(SETS_PAYERS, post=422),
    "provider_import_template": Row(SETS_PAYERS),
    "provider_import_file": Row(SETS_PAYERS, post=302),
    "code_sets": Row(SEES_PAYERS),
    "procedure_import": Row(SETS_PAYERS, post=422),
    "procedure_import_template": Row(SETS_PAYERS),
    "procedure_import_file": Row(SETS_PAYERS, post=302),
    "facility_list": Row(SEES_PAYERS),
    "facility_export": Row(SEES_PAYERS),
    "facility_detail": Row(SEES_PAYERS),
    "facility_new": Row(SETS_PAYERS, post=422),
    "facility_edit": Row(SETS_PAYERS, post=302),
    "facility_close": Row(SETS_PAYERS, post=302),
    "facility_import": Row(SETS_PAYERS, post=422),
    "facility_import_template": Row(SETS_PAYERS),
    "facility_import_file": Row(SETS_PAYERS, post=302),
}


@dataclass(frozen=True)
class Personal:
    """An address outside the organization's rights: what somebody signed in gets, and somebody who is not."""

    signed_in: dict[str, int]
    anonymous: dict[str, int]


ENTRANCE = Personal({"GET": 302, "POST": 302}, {"GET": 200, "POST": 200})
OWN_PAGE = Personal({"GET": 200, "POST": 200}, {"GET": 302, "POST": 302})
DELICATE = Personal({"GET": 302, "POST": 302}, {"GET": 302, "POST": 302})
"""Asks for the password again first."""

PERSONAL: dict[str, Personal] = {
    "account_login": ENTRANCE,
    "mfa_authenticate": Personal({"GET": 302, "POST": 302}, {"GET": 302, "POST": 302}),
    "account_logout": Personal({"GET": 200, "POST": 302}, {"GET": 302, "POST": 302}),
    "account_inactive": Personal({"GET": 200}, {"GET": 200}),
    "account_reauthenticate": OWN_PAGE,
    "mfa_reauthenticate": Personal({"GET": 302, "POST": 302}, {"GET": 302, "POST": 302}),
    "account_change_password": OWN_PAGE,
    "account_reset_password": Personal({"GET": 200, "POST": 200}, {"GET": 200, "POST": 200}),
    "account_reset_password_done": Personal({"GET": 200, "POST": 405}, {"GET": 200, "POST": 405}),
    "account_reset_password_from_key": Personal({"GET": 200, "POST": 200}, {"GET": 200, "POST": 200}),
    "account_reset_password_from_key_done": Personal({"GET": 200, "POST": 405}, {"GET": 200, "POST": 405}),
    "mfa_index": Personal({"GET": 200, "POST": 405}, {"GET": 302, "POST": 302}),
    "mfa_activate_totp": DELICATE,
    "mfa_deactivate_totp": Personal({"GET": 404, "POST": 404}, {"GET": 302, "POST": 302}),
    "mfa_view_recovery_codes": Personal({"GET": 404, "POST": 405}, {"GET": 302, "POST": 302}),
    "mfa_generate_recovery_codes": DELICATE,
    "my_account": Personal({"GET": 200}, {"GET": 302}),
    "stay": Personal({"POST": 204}, {"POST": 302}),
    "go_to_organization": Personal({"POST": 404}, {"POST": 302}),
    "my_session_end": Personal({"POST": 404}, {"POST": 302}),
    "my_sessions_end": Personal({"POST": 302}, {"POST": 302}),
    "kept_form": Personal({"GET": 404, "POST": 404}, {"GET": 302, "POST": 302}),
    "invitation": Personal({"GET": 404, "POST": 404}, {"GET": 404, "POST": 404}),
    "calendar_feed": Personal({"GET": 404, "POST": 405}, {"GET": 404, "POST": 405}),
    "health_live": Personal({"GET": 200}, {"GET": 200}),
    "health_ready": Personal({"GET": 200}, {"GET": 200}),
}
