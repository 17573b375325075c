"""What happened, for ever: events, seals, and what walks the chain."""

from devkit.mutants.defect import Defect, Edit

_SEALING = "audit/sealing.py"
_VERIFY = "audit/verification.py"
_SEAL = "tests/audit/test_seal.py"

DEFECTS = (
    Defect(
        "claim-leaves-no-event",
        "Posting and voiding a claim leaves no event.",
        (
            Edit(
                "claims/services.py",
                '    record(action, actor=actor, now=now, subject=("claim", claim.id), member_id=claim.member_id, '
                "data=data)\n",
                "",
            ),
        ),
        ("tests/claims/test_post.py::test_each_write_leaves_one_event",),
    ),
    Defect(
        "verbs-leave-no-event",
        "Nothing that is done to an authorization leaves an event.",
        (Edit("authorizations/moving.py", "    record(\n        action,", "    str(\n        action,"),),
        ("tests/authorizations/test_submit.py",),
    ),
    Defect(
        "role-change-leaves-no-event",
        "Rights are given and taken without an event.",
        (
            Edit(
                "accounts/services.py",
                '    record("role.changed", actor=actor, now=now, subject=("role", role.id), data=data)\n',
                "",
            ),
        ),
        ("tests/accounts/test_people.py",),
    ),
    Defect(
        "seal-skips",
        "Sealing takes everything that waits off the list, sealed or not.",
        (
            Edit(
                _SEALING,
                "UnsealedEvent.objects.filter(event_id__in=seal.event_ids).delete()",
                "UnsealedEvent.objects.filter(organization_id=organization_id).delete()",
            ),
        ),
        ("tests/audit/test_seal_many.py::test_what_one_seal_does_not_take_waits_for_the_next",),
    ),
    Defect(
        "seal-passes-by-late-ones",
        "Sealing goes by the order of ids, so an event that commits late is passed by.",
        (
            Edit(
                _SEALING,
                'waiting = UnsealedEvent.objects.filter(organization_id=organization_id).order_by("event_id")',
                'sealed = AuditSeal.objects.values_list("event_ids", flat=True)\n'
                "    last = max((each for ids in sealed for each in ids), default=uuid.UUID(int=0))\n"
                "    waiting = UnsealedEvent.objects.filter(organization_id=organization_id, event_id__gt=last)"
                '.order_by("event_id")',
            ),
        ),
        (f"{_SEAL}::test_an_event_that_commits_late_is_sealed_though_younger_ones_were_before",),
    ),
    Defect(
        "two-beats-seal-twice",
        "Two schedulers at once seal the same events.",
        (
            Edit(
                _SEALING,
                "ChainHead.objects.select_for_update(skip_locked=True).filter(organization_id=organization_id).first()",
                "ChainHead.objects.filter(organization_id=organization_id).first()",
            ),
        ),
        ("tests/audit/test_seal_many.py::test_a_chain_that_another_process_is_at_is_left_alone",),
    ),
    Defect(
        "chain-not-linked",
        "A seal does not hold the one before it.",
        (Edit(_SEALING, "        previous_hash=head.hash,", '        previous_hash="",'),),
        (f"{_SEAL}::test_every_event_is_in_exactly_one_seal_and_the_chain_is_whole",),
    ),
    Defect(
        "hash-leaves-out-who",
        "The person an event names can be changed unseen.",
        (Edit(_SEALING, '    "actor_label",\n', ""),),
        ("tests/audit/test_seal_many.py::test_the_hash_of_an_event_covers_every_column",),
    ),
    Defect(
        "verify-always-content",
        "Verifying says that all is well whatever it finds.",
        (Edit(_VERIFY, 'fault = next(faults, "")', 'fault = next(faults, "") and ""'),),
        (f"{_SEAL}::test_a_changed_event_is_named",),
    ),
    Defect(
        "verify-misses-cut-tail",
        "The end of a chain can be cut off unseen.",
        (
            Edit(_VERIFY, "elif head.number > self.seals:", "elif False:"),
            Edit(_VERIFY, "elif (head.number, head.hash) != (self.seals, self.hash):", "elif False:"),
        ),
        (f"{_SEAL}::test_a_cut_tail_is_missed",),
    ),
    Defect(
        "verify-misses-strays",
        "Events kept away from their seal are not missed.",
        (Edit(_VERIFY, "cursor.execute(_OUTSIDE, [before])", 'cursor.execute("SELECT NULL WHERE false")'),),
        (
            f"{_SEAL}::test_an_event_kept_from_its_seal_is_named",
            f"{_SEAL}::test_an_event_that_waits_too_long_is_named",
        ),
    ),
)
