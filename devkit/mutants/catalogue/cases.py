"""Cases, claims and units: versions, keys, locks, and what returns."""

from devkit.mutants.defect import Defect, Edit

_MOVING = "authorizations/moving.py"
_SERVICES = "authorizations/services.py"
_SUBMIT = "tests/authorizations/test_submit.py"
_RACE = "tests/authorizations/test_race.py"

DEFECTS = (
    Defect(
        "stale-edit-wins",
        "Whoever saves last overwrites what somebody else changed meanwhile.",
        (
            Edit(
                _SERVICES,
                "    if version is not None and row.version != version:\n        raise Stale(row.changed_by",
                "    if False:\n        raise Stale(row.changed_by",
            ),
        ),
        (
            "tests/authorizations/test_draft.py::test_stale_edit_says_who_changed_it_and_when_and_saves_nothing",
            f"{_SUBMIT}::test_submitting_what_somebody_changed_meanwhile_is_refused",
        ),
    ),
    Defect(
        "stale-configuration-wins",
        "Whoever saves a payer, a rule or a partner last overwrites the other's change.",
        (Edit("tenancy/editing.py", "if version is not None and row.version != version:", "if False:"),),
        ("tests/payers/test_keep_payer.py::test_edit_of_an_older_version_changes_nothing",),
    ),
    Defect(
        "double-press-asks-twice",
        "A form that is sent twice is done twice.",
        (Edit(_MOVING, "    if not key:\n        return None", "    return None"),),
        (
            f"{_SUBMIT}::test_same_key_gives_the_first_submission_back",
            "tests/authorizations/test_draft.py::test_draft_sent_twice_with_one_key_is_one_draft",
        ),
    ),
    Defect(
        "twin-not-waited-for",
        "Of two presses at the same moment the second does not wait for the first.",
        (
            Edit(
                _MOVING,
                'cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",',
                'cursor.execute("SELECT hashtextextended(%s, 0)",',
            ),
        ),
        (f"{_RACE}::test_eight_drafts_with_one_key_are_one_draft",),
    ),
    Defect(
        "key-serves-anything",
        "A key that was used for one request gives its result for another one.",
        (
            Edit(
                "tenancy/services.py",
                "if (found.action, found.request_hash) != (action, request_hash(content)):",
                "if False:",
            ),
        ),
        (f"{_SUBMIT}::test_same_key_with_another_request_is_refused",),
    ),
    Defect(
        "case-not-locked",
        "Two people who act on one authorization at the same moment both win.",
        (
            Edit(
                _SERVICES,
                "Authorization.objects.select_for_update().get(id=authorization_id)",
                "Authorization.objects.get(id=authorization_id)",
            ),
        ),
        (
            f"{_RACE}::test_eight_submits_without_a_key_send_one_request_and_tell_the_others",
            f"{_RACE}::test_edit_and_submit_at_once_leave_what_was_submitted",
        ),
    ),
    Defect(
        "units-not-locked",
        "Claims posted at the same moment draw the same units.",
        (
            Edit(
                "authorizations/ledger.py",
                "rows = UtilizationAccount.objects.select_for_update().filter(member_id=member_id)",
                "rows = UtilizationAccount.objects.filter(member_id=member_id)",
            ),
        ),
        ("tests/claims/test_post_concurrently.py",),
    ),
    Defect(
        "verbs-move-anything",
        "Our own verbs move a status along a pair that is not in the table.",
        (Edit(_MOVING, "if not may_become(Status(authorization.status), status):", "if False:"),),
        ("tests/authorizations/test_move.py::test_a_status_moves_along_a_listed_pair_or_is_refused_by_name",),
    ),
    Defect(
        "void-keeps-the-units",
        "A voided claim goes on using units.",
        (Edit("claims/services.py", '        _settle(account, claim, "claim.voided", actor=actor, now=now)\n', ""),),
        ("tests/claims/test_post.py::test_void_returns_the_units_and_both_entries_stay",),
    ),
    Defect(
        "claim-posted-twice-draws-twice",
        "A claim that comes a second time draws a second time.",
        (Edit("claims/services.py", "    if standing is not None:\n", "    if False:\n"),),
        ("tests/claims/test_post.py::test_the_same_claim_again_changes_nothing",),
    ),
    Defect(
        "submitted-without-message",
        "A request counts as submitted, and nobody was told to send it.",
        (Edit(_MOVING, "    if electronic:\n        enqueue(SEND, submission.id, now=now)\n", ""),),
        (f"{_SUBMIT}::test_electronic_request_is_frozen_and_handed_to_the_outbox",),
    ),
    Defect(
        "approval-without-number",
        "A person records an approval without the payer's number or a reason why there is none.",
        (
            Edit(
                "authorizations/transitions.py",
                "if any(not said.answer.certification_number for said in granted):",
                "if False:",
            ),
        ),
        (
            "tests/authorizations/test_record_answer.py::"
            "test_person_who_records_an_approval_gives_the_number_or_why_there_is_none",
        ),
    ),
)
