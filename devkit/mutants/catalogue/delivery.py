"""What goes to a payer and comes back: leases, frozen bytes, numbers, one effect for each answer."""

from devkit.mutants.defect import Defect, Edit

_DELIVERY = "outbox/delivery.py"
_EXCHANGE = "edi/exchange.py"
_READING = "edi/reading.py"
_DELIVER = "tests/outbox/test_deliver.py"
_RECEIVE = "tests/edi/test_receive.py"

DEFECTS = (
    Defect(
        "no-lease",
        "Two workers take the same work at the same time.",
        (Edit(_DELIVERY, "AND (leased_until IS NULL OR leased_until <= clock_timestamp())", "AND true"),),
        (f"{_DELIVER}::test_a_message_is_claimed_once_by_eight_workers",),
    ),
    Defect(
        "lease-never-ends",
        "What a worker died at is never taken up again.",
        (
            Edit(
                _DELIVERY,
                "AND (leased_until IS NULL OR leased_until <= clock_timestamp())",
                "AND leased_until IS NULL",
            ),
        ),
        (f"{_DELIVER}::test_a_dead_workers_message_comes_back_when_its_lease_ends",),
    ),
    Defect(
        "rows-not-locked-when-claimed",
        "A worker waits for another one that is taking work, instead of passing it by.",
        (Edit(_DELIVERY, "LIMIT %s FOR UPDATE SKIP LOCKED)", "LIMIT %s)"),),
        ("tests/outbox/test_claim.py::test_work_that_another_worker_is_taking_is_passed_by_without_waiting",),
    ),
    Defect(
        "lost-lease-marks-done",
        "A slow worker that lost its lease takes the work away from the next one.",
        (Edit(_DELIVERY, "filter(id=message.id, lease=message.lease)", "filter(id=message.id)"),),
        (f"{_DELIVER}::test_a_slow_worker_that_lost_its_lease_marks_nothing",),
    ),
    Defect(
        "never-given-up",
        "Work that fails is tried for ever and no person sees it.",
        (Edit(_DELIVERY, "if retry and message.attempts < MAX_ATTEMPTS:", "if retry:"),),
        (f"{_DELIVER}::test_failed_work_waits_then_dies_for_a_person_to_see",),
    ),
    Defect(
        "killer-never-given-up",
        "A message that ends its worker each time ends workers for ever.",
        (Edit("outbox/tasks.py", "if message.attempts > MAX_ATTEMPTS:", "if False:"),),
        ("tests/outbox/test_give_up.py::test_a_message_that_ends_its_workers_is_given_up_and_the_others_go_on",),
    ),
    Defect(
        "requeue-leaves-no-event",
        "Somebody begins again with work that was given up, and nobody can say who.",
        (
            Edit(
                "outbox/services.py",
                '    record("outbox.requeued", actor=actor, now=now, subject=("outbox_message", message.id), '
                "data=data)\n",
                "",
            ),
        ),
        ("tests/outbox/test_give_up.py::test_requeueing_is_audited_with_who_and_why",),
    ),
    Defect(
        "error-words-kept",
        "The words of a database error, which may hold health data, stand in the list of work.",
        (Edit("outbox/tasks.py", "mark_failed(message, type(error).__name__)", "mark_failed(message, str(error))"),),
        (f"{_DELIVER}::test_an_error_keeps_its_class_and_not_its_words",),
    ),
    Defect(
        "new-number-per-try",
        "A retry is composed anew under another control number, so the payer takes it for a second request.",
        (Edit(_EXCHANGE, "ready = _standing(submission, Interchange.State.READY)", "ready = None"),),
        ("tests/edi/test_send.py::test_a_lost_reply_is_followed_by_the_same_bytes_and_one_effect",),
    ),
    Defect(
        "begun-again-with-new-bytes",
        "A request that was given up goes out under another number when a person begins again.",
        (
            Edit(
                _EXCHANGE,
                "ready = _standing(submission, Interchange.State.FAILED)\n        if ready is not None:\n"
                "            _begin_again(ready)",
                "ready = None\n        if submission is not None:",
            ),
        ),
        ("tests/edi/test_begin_again.py::test_a_given_up_request_goes_out_again_with_the_same_bytes",),
    ),
    Defect(
        "withdrawn-is-sent",
        "What was taken back before it was sent is sent all the same.",
        (
            Edit(
                _EXCHANGE,
                "if submission.exchange_state == ExchangeState.WITHDRAWN or submission.channel != Channel.X12_278:",
                "if submission.channel != Channel.X12_278:",
            ),
        ),
        (
            "tests/edi/test_send.py::test_what_was_withdrawn_meanwhile_is_not_sent",
            "tests/authorizations/test_recall.py::test_recalled_request_is_never_sent_though_its_bytes_were_frozen",
        ),
    ),
    Defect(
        "number-read-then-written",
        "Two writers at once take the same control number.",
        (
            Edit(
                "edi/numbers.py",
                "DO UPDATE SET last = counter.last %% %s + 1",
                "DO UPDATE SET last = (SELECT old.last FROM edi_controlnumber old WHERE old.id = counter.id) %% %s + 1",
            ),
        ),
        ("tests/edi/test_take_numbers.py::test_sixteen_writers_with_rollbacks_leave_neither_gap_nor_duplicate",),
    ),
    Defect(
        "sent-in-clear",
        "Health information travels over the network without encryption.",
        (Edit("edi/transports/connecting.py", '(scheme == "http" and host not in LOOPBACK)', "False"),),
        ("tests/edi/test_http_post.py::test_health_information_does_not_leave_this_machine_in_clear",),
    ),
    Defect(
        "unsafe-address-taken",
        "A partner's address without TLS is accepted.",
        (
            Edit(
                "payers/faults.py",
                'if parts.scheme == "http" and (_is_loopback(parts.hostname) or _is_simulator(parts)):',
                'if parts.scheme == "http":',
            ),
        ),
        ("tests/payers/test_keep_partner.py::test_unsafe_addresses_are_refused",),
    ),
    Defect(
        "answer-guessed",
        "An answer whose trace is not ours goes to the latest request sent to that payer.",
        (
            Edit(
                "edi/correlation.py",
                'found[0] if len(found) == 1 else Unmatched("It carries a trace that is not of any request sent.")',
                'found[0] if found else _sent(partner).latest("created_at")',
            ),
        ),
        (f"{_RECEIVE}::test_what_cannot_be_placed_with_certainty_is_shown_and_never_followed",),
    ),
    Defect(
        "mail-for-others-read",
        "An answer addressed to somebody else is followed.",
        (
            Edit(
                _READING,
                "if (content.sender, content.receiver) != (partner.their_identifier, partner.our_identifier):",
                "if False:",
            ),
        ),
        (
            f"{_RECEIVE}::test_an_answer_for_the_rival_in_our_mail_touches_neither",
            f"{_RECEIVE}::test_what_cannot_be_placed_with_certainty_is_shown_and_never_followed",
        ),
    ),
    Defect(
        "test-answers-count",
        "An answer of a test system decides about a member.",
        (Edit(_READING, "if content.usage != partner.usage:", "if False:"),),
        (f"{_RECEIVE}::test_what_cannot_be_placed_with_certainty_is_shown_and_never_followed",),
    ),
    Defect(
        "answer-counts-twice",
        "The same answer in a second message is followed a second time.",
        (
            Edit(
                "authorizations/transitions.py",
                "    if repeated is not None:\n        return Recorded(repeated, None, repeated=True)\n",
                "",
            ),
        ),
        (
            "tests/authorizations/test_record_answer.py::test_same_content_twice_is_ignored",
            f"{_RECEIVE}::test_the_same_content_under_new_numbers_changes_nothing",
        ),
    ),
    Defect(
        "read-twice-counts-twice",
        "A worker that reads the same message a second time follows it a second time.",
        (
            Edit(
                _READING,
                "return Message.objects.filter(interchange=arrived.row, position=position).exists()",
                "return False",
            ),
        ),
        (f"{_RECEIVE}::test_reading_twice_does_nothing_twice",),
    ),
    Defect(
        "used-number-read",
        "Other bytes under a control number that was used are followed.",
        (Edit(_READING, 'return NUMBER_USED if others.exclude(sha256=row.sha256).exists() else ""', 'return ""'),),
        (f"{_RECEIVE}::test_other_bytes_under_a_used_number_go_to_quarantine_and_the_payer_is_told",),
    ),
    Defect(
        "defective-answer-decides",
        "A message with a wrong count decides about a member.",
        (Edit(_READING, 'defect = "" if read.may_be_applied else', 'defect = "" if read else'),),
        (f"{_RECEIVE}::test_a_defective_answer_is_shown_on_its_case_and_decides_nothing",),
    ),
    Defect(
        "transport-gives-back",
        "A refusal by the transport that comes after the answer takes the answer back.",
        (Edit("edi/acknowledging.py", "elif submission.exchange_state in NOT_READ_YET:", "else:"),),
        (f"{_RECEIVE}::test_a_late_refusal_does_not_undo_an_answer",),
    ),
)
