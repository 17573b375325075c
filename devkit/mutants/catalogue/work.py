"""The daily work: who is told what, who stands in, what a second person confirms, and what never gets lost."""

from devkit.mutants.defect import Defect, Edit

_REVIEWING = "authorizations/reviewing.py"
_REVIEW = "tests/authorizations/test_review_answer.py"
_FEEDS = "notices/feeds.py"
_NOTICES = "notices/services.py"
_MAILING = "notices/mailing.py"
_TELL = "tests/notices/test_tell.py"
_ABSENCES = "accounts/absences.py"
_AWAY = "tests/accounts/test_be_away.py"
_ESCALATE = "tests/authorizations/test_escalate.py"
_VIEWS = "tests/web/test_saved_views.py"
_CALENDAR = f"{_TELL}::test_calendar_shows_follow_ups_by_number_and_stops_with_its_address"
_READINGS = f"{_TELL}::test_withdrawn_calendar_opens_nothing_and_its_readings_are_told_once_a_day"

DEFECTS = (
    Defect(
        "own-entry-confirmed",
        "Who recorded an approval confirms it as the second person.",
        (Edit(_REVIEWING, "    if decision.recorded_by_id == actor.id:\n        return True", "    pass"),),
        (f"{_REVIEW}::test_who_recorded_an_approval_cannot_confirm_it",),
    ),
    Defect(
        "own-entry-confirmed-by-the-next",
        "Who recorded an approval confirms it by confirming what a colleague recorded on top.",
        (
            Edit(
                _REVIEWING,
                "return rows.filter(applied=True, source_message_id=None, recorded_by_id=actor.id).exists()",
                "return False",
            ),
        ),
        (f"{_REVIEW}::test_nobody_confirms_their_own_entry_by_confirming_what_came_on_top",),
    ),
    Defect(
        "typed-as-taken-over",
        "An approval that is typed in as known from another system needs no second person.",
        (
            Edit(
                _REVIEWING,
                "submission.channel == Channel.IMPORT)",
                "submission.channel in (Channel.IMPORT, Channel.PREVIOUS_SYSTEM))",
            ),
        ),
        (f"{_REVIEW}::test_only_a_file_is_taken_over_without_a_second_person",),
    ),
    Defect(
        "accepted-and-still-asked",
        "Somebody accepts the terms, and their task stays open for ever.",
        (
            Edit(
                _REVIEWING,
                "Verdict.ACCEPTED, reason, actor=actor, now=now)\n    case.to_acknowledge = False\n"
                "    _close(case, {SHORTFALL, OTHER_TERMS}, actor=actor, now=now)",
                "Verdict.ACCEPTED, reason, actor=actor, now=now)\n    case.to_acknowledge = False",
            ),
        ),
        (f"{_REVIEW}::test_less_than_asked_waits_until_somebody_accepts_it",),
    ),
    Defect(
        "notice-to-who-left",
        "Somebody who has left the organization goes on being told of its cases.",
        (
            Edit(
                _NOTICES,
                "Membership.objects.filter(id__in=ids, active=True)",
                "Membership.objects.filter(id__in=ids)",
            ),
            Edit("notices/audience.py", "filter(condition, active=True)", "filter(condition)"),
        ),
        (f"{_ESCALATE}::test_deputy_is_told_while_the_owner_is_away_and_nobody_who_left_is",),
    ),
    Defect(
        "notice-of-another",
        "Somebody opens a notice of a colleague, and it counts as read.",
        (
            Edit(
                "notices/queries.py",
                "Notice.objects.filter(to_id=membership_id, id=notice_id)",
                "Notice.objects.filter(id=notice_id)",
            ),
        ),
        (f"{_TELL}::test_page_leads_on_marks_what_was_seen_and_shows_nobody_elses",),
    ),
    Defect(
        "notice-names-a-service",
        "A notice names the service that was approved otherwise than asked.",
        (Edit(_REVIEWING, "facts=facts, told=False)", "facts=facts)"),),
        (f"{_TELL}::test_terms_that_differ_are_told_as_the_answer_they_are_and_name_no_service",),
    ),
    Defect(
        "mail-tells-the-words",
        "A mail repeats what the notices in the app say.",
        (
            Edit(
                _MAILING,
                'lines = [f"{count} {SAYS[Kind(kind)][count != 1]}" for kind, count in sorted(kinds.items())]',
                'lines = list(waiting.values_list("words", flat=True))',
            ),
        ),
        (f"{_TELL}::test_mail_holds_counts_and_a_link_and_no_name_number_or_code",),
    ),
    Defect(
        "name-stops-the-mail",
        "An organization with a line break in its name gets no mail.",
        (Edit(_MAILING, '" ".join(mail.subject.split())', "mail.subject"),),
        (f"{_TELL}::test_a_name_with_a_line_break_adds_no_header_and_stops_no_mail",),
    ),
    Defect(
        "mail-in-the-quiet-hours",
        "A mail goes out at night to who wanted none.",
        (Edit(_NOTICES, "due_at=here[row.to_id].mail_at(now, organization.zone)", "due_at=now"),),
        (f"{_TELL}::test_mail_of_the_quiet_hours_waits_for_their_end",),
    ),
    Defect(
        "two-mails-a-morning",
        "Each tick of the scheduler makes another mail of the morning.",
        (Edit("notices/daily.py", ".exclude(id__in=declined).exclude(id__in=made)", ".exclude(id__in=declined)"),),
        (f"{_TELL}::test_each_morning_of_work_everybody_who_is_needed_gets_one_mail",),
    ),
    Defect(
        "withdrawn-calendar-opens",
        "The address of a calendar goes on working after its person withdrew it.",
        (Edit(_FEEDS, "token_hash=kept, withdrawn_at=None)", "token_hash=kept)"),),
        (_READINGS,),
    ),
    Defect(
        "calendar-after-leaving",
        "Somebody who left the organization reads its follow-ups in their calendar.",
        (Edit(_FEEDS, ".filter(HERE).first()", ".first()"),),
        (_CALENDAR,),
    ),
    Defect(
        "calendar-without-the-right",
        "Somebody who may not see authorizations any more reads follow-ups in their calendar.",
        (
            Edit(
                "authorizations/views/calendar.py",
                "if reader is None or Scope.AUTHORIZATION_READ not in reader.scopes:",
                "if reader is None:",
            ),
        ),
        (_CALENDAR,),
    ),
    Defect(
        "calendar-key-in-clear",
        "Whoever reads the database can read every calendar.",
        (Edit("accounts/links.py", "return hashlib.sha256(key.encode()).hexdigest()", "return key"),),
        (_READINGS,),
    ),
    Defect(
        "log-keeps-calendars",
        "Who reads the log can read a calendar.",
        (Edit("config/logs.py", "|/calendar/)", ")"),),
        ("tests/accounts/test_people.py::test_no_log_shows_a_link_that_still_works",),
    ),
    Defect(
        "absence-in-a-circle",
        "People who are away stand in for each other, so that nobody looks after their cases.",
        (Edit(_ABSENCES, "if deputy_id != membership_id and _leads_to(", "if False and _leads_to("),),
        (f"{_AWAY}::test_nobody_stands_in_for_oneself_twice_in_the_past_or_in_a_circle",),
    ),
    Defect(
        "deputy-who-left",
        "Somebody who has left stands in for who is away, so that nobody is told.",
        (Edit(_ABSENCES, "return deputy.id if deputy.active else None", "return deputy.id"),),
        (f"{_AWAY}::test_who_has_left_stands_in_for_nobody",),
    ),
    Defect(
        "handed-to-who-cannot",
        "A case is handed to somebody whose role can do nothing with it.",
        (Edit("authorizations/handing.py", "if not owner.works_requests:", "if False:"),),
        ("tests/web/test_daily_work.py::test_one_case_changes_hands_for_a_reason_and_the_form_keeps_what_was_typed",),
    ),
    Defect(
        "late-told-at-each-tick",
        "The same breach is told again at each tick of the scheduler.",
        (Edit("authorizations/escalation.py", "if _was_told(breach) or not _stands(", "if not _stands("),),
        (f"{_ESCALATE}::test_two_rounds_at_once_tell_each_breach_once",),
        sql="ALTER TABLE authorizations_escalation DROP CONSTRAINT one_escalation_a_breach",
    ),
    Defect(
        "one-organization-stops-the-clocks",
        "An organization that cannot be looked at keeps the late payers of all others untold.",
        (Edit("authorizations/tasks.py", "        return []\n", "        raise\n"),),
        (f"{_ESCALATE}::test_an_organization_that_cannot_be_looked_at_keeps_no_other_back",),
    ),
    Defect(
        "urgent-has-until-tomorrow",
        "An urgent request that came in time may leave the day after.",
        (
            Edit(
                "authorizations/cut_off.py",
                "in_time = local.time() <= cut_off and",
                "in_time = local.time() < cut_off and",
            ),
        ),
        ("tests/authorizations/test_leave_in_time.py::test_it_leaves_the_same_day_or_on_the_next_day_of_work",),
    ),
    Defect(
        "view-of-another",
        "Views that somebody keeps for themselves stand on everybody's list.",
        (Edit("authorizations/saving.py", "Q(owner_id=membership_id) | Q(shared=True), removed_at", "removed_at"),),
        (f"{_VIEWS}::test_only_who_sees_everybodys_work_shares_and_colleagues_keep_a_copy",),
    ),
    Defect(
        "view-shared-by-anybody",
        "Anybody puts a view on everybody's list.",
        (Edit("authorizations/views/saved.py", "if not may_share:", "if False:"),),
        (f"{_VIEWS}::test_only_who_sees_everybodys_work_shares_and_colleagues_keep_a_copy",),
    ),
    Defect(
        "view-keeps-a-name",
        "A kept list holds the name somebody searched for.",
        (
            Edit(
                "authorizations/views/saved.py",
                'filters.again(QueryDict(request.POST.get("query", "")))',
                '"?" + request.POST.get("query", "")',
            ),
        ),
        (f"{_VIEWS}::test_a_list_is_kept_with_its_filter_order_columns_and_size_and_counted",),
    ),
    Defect(
        "cover-for-any-provider",
        "“Is it covered?” says yes where the claim will draw nothing, because it is for another provider.",
        (Edit("claims/covering.py", "provider_id=question.provider_id,", "provider_id=None,"),),
        ("tests/claims/test_ask_cover.py::test_every_line_looked_at_says_why_not",),
    ),
    Defect(
        "cover-before-its-room",
        "“Is it covered?” names a line that has not enough left.",
        (Edit("claims/covering.py", "units=question.units or ONE,", "units=ONE,"),),
        ("tests/claims/test_ask_cover.py::test_the_answer_names_what_is_left_and_what_the_week_still_allows",),
    ),
    Defect(
        "recalculate-leaves-the-list",
        "After Recalculate the list goes on showing the wrong figure.",
        (
            Edit(
                "claims/recalculating.py",
                "    refresh_wide_rows({authorization_id, *(line.authorization.id for line in found.lines)})\n",
                "",
            ),
        ),
        ("tests/web/test_recalculate.py::test_a_wrong_counter_and_a_draw_that_no_longer_stands_are_mended_and_said",),
    ),
    Defect(
        "recalculate-not-locked",
        "Recalculate pressed while claims are posted draws the same units twice.",
        (
            Edit("claims/recalculating.py", "    lock_account(case.member_id)\n", ""),
            Edit(
                "claims/services.py",
                "    account = lock_account(member_id)\n    with transaction.atomic(savepoint=False):\n"
                "        found = settle(account, actor=actor, now=now)\n        if account.dirty_since",
                "    account = UtilizationAccount.objects.get(member_id=member_id)\n"
                "    with transaction.atomic(savepoint=False):\n"
                "        found = settle(account, actor=actor, now=now)\n        if account.dirty_since",
            ),
        ),
        ("tests/web/test_recalculate.py::test_recalculating_waits_for_whoever_moves_units_of_the_member",),
    ),
    Defect(
        "gap-grows-younger",
        "A second denial makes an old one look as if it came today, so that nobody looks at the playbook.",
        (
            Edit(
                "authorizations/playbook_findings.py",
                " or (standing is not None and standing.late)",
                "",
            ),
        ),
        ("tests/web/test_trace_denial.py::test_a_denial_nobody_traced_is_listed_until_somebody_does",),
    ),
    Defect(
        "split-loses-a-way",
        "Of a request that is split only the first part becomes a draft.",
        (Edit("authorizations/splitting.py", "for way in found.asked]", "for way in found.asked[:1]]"),),
        ("tests/web/test_ask_in_detail.py::test_lines_that_go_different_ways_are_named_and_become_a_draft_each",),
    ),
    Defect(
        "pool-tick-lost",
        "Codes that share one total are asked for as if each had its own.",
        (Edit("authorizations/line_forms.py", 'if found and form.cleaned_data.get("shares"):', "if False:"),),
        ("tests/web/test_ask_in_detail.py::test_codes_share_one_total_only_where_that_is_ticked",),
    ),
    Defect(
        "papers-without-end",
        "Somebody fills the disk with papers as fast as they can send them.",
        (Edit("authorizations/documents/services.py", "if lately + len(uploads) > MOST_SHORTLY:", "if False:"),),
        ("tests/authorizations/test_keep_document.py::test_nobody_files_a_hundred_papers_within_ten_minutes",),
    ),
)
