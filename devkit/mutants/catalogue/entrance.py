"""Signing in: passwords, the second step, how long it lasts, who is let in by which link."""

from devkit.mutants.defect import Defect, Edit

_SETTINGS = "config/settings.py"
_MIDDLEWARE = "accounts/middleware.py"
_CODES = "accounts/codes.py"
_SIGN_IN = "tests/accounts/test_sign_in.py"
_STEP = "tests/accounts/test_second_step.py"
_PEOPLE = "tests/accounts/test_people.py"

DEFECTS = (
    Defect(
        "idle-for-ever",
        "Nobody is signed out for being away.",
        (
            Edit(
                _MIDDLEWARE,
                'return "idle" if idle > timedelta(minutes=settings.SESSION_IDLE_MINUTES).total_seconds() else ""',
                'return ""',
            ),
        ),
        (f"{_SIGN_IN}::test_a_sign_in_ends_after_a_quarter_of_an_hour_without_a_hand_on_it",),
    ),
    Defect(
        "signed-in-for-ever",
        "Whoever keeps clicking stays signed in for days.",
        (
            Edit(
                _MIDDLEWARE,
                "if whole > timedelta(hours=settings.SESSION_ABSOLUTE_HOURS).total_seconds():",
                "if False:",
            ),
        ),
        (f"{_SIGN_IN}::test_a_sign_in_ends_after_twelve_hours_however_busy",),
    ),
    Defect(
        "polling-is-a-hand",
        "A page that refreshes itself keeps an empty chair signed in.",
        (
            Edit(
                _MIDDLEWARE,
                "elif POLL_HEADER not in request.headers and now - seen > GRAIN:",
                "elif now - seen > GRAIN:",
            ),
        ),
        (f"{_SIGN_IN}::test_asking_for_the_status_does_not_keep_anybody_signed_in",),
    ),
    Defect(
        "wrong-passwords-not-counted",
        "Passwords can be guessed without end.",
        (Edit(_SETTINGS, "AXES_FAILURE_LIMIT = 10", "AXES_FAILURE_LIMIT = 10_000"),),
        (f"{_SIGN_IN}::test_ten_wrong_passwords_lock_this_name_at_this_address_and_nothing_else",),
    ),
    Defect(
        "header-hides-the-address",
        "Whoever guesses passwords hides behind an invented address.",
        (
            Edit(
                "accounts/adapter.py",
                "    found: str | None = get_client_ip(request)",
                '    found: str | None = request.headers.get("X-Forwarded-For") or get_client_ip(request)',
            ),
        ),
        (f"{_SIGN_IN}::test_an_address_in_a_header_is_believed_only_from_our_own_proxies",),
    ),
    Defect(
        "short-passwords",
        "A password of four characters is taken.",
        (Edit(_SETTINGS, '"OPTIONS": {"min_length": 12}', '"OPTIONS": {"min_length": 4}'),),
        (f"{_SIGN_IN}::test_a_password_is_judged_by_length_and_a_list_and_nothing_else",),
    ),
    Defect(
        "sessions-outlive-the-password",
        "After a change of password whoever stole the sign-in goes on.",
        (
            Edit(
                "accounts/models.py",
                "    def get_short_name(self) -> str:",
                '    def get_session_auth_hash(self) -> str:\n        return "same"\n\n'
                "    def get_short_name(self) -> str:",
            ),
            Edit(
                "accounts/receivers.py",
                '    note("password.changed", now=timezone.now(), user_id=user.pk, request=request)\n'
                "    end_other_sessions(request)",
                '    note("password.changed", now=timezone.now(), user_id=user.pk, request=request)',
            ),
        ),
        (f"{_SIGN_IN}::test_changing_the_password_signs_out_everywhere_else",),
    ),
    Defect(
        "second-step-skipped",
        "Who has a second step signs in by password alone.",
        (
            Edit(
                "accounts/adapter.py",
                "    def encrypt(self, text: str) -> str:",
                "    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:\n        return False\n\n"
                "    def encrypt(self, text: str) -> str:",
            ),
        ),
        (f"{_STEP}::test_the_password_alone_opens_nothing_any_more",),
    ),
    Defect(
        "required-step-not-asked",
        "An organization requires a second step, and whoever has none works on.",
        (
            Edit(
                "accounts/access.py",
                "if request.access.organization.second_factor_required and not has_second_factor(request.access.user):",
                "if False:",
            ),
        ),
        (f"{_STEP}::test_an_organization_that_requires_it_opens_no_page_before",),
    ),
    Defect(
        "code-works-twice",
        "A code seen over somebody's shoulder signs in a second time.",
        (Edit(_CODES, "if period is None or period <= data.get(LAST_PERIOD, -1):", "if period is None:"),),
        (f"{_STEP}::test_a_code_works_once_also_in_another_process",),
    ),
    Defect(
        "codes-guessed-without-end",
        "The six digits of the second step can be guessed without end.",
        (Edit(_CODES, "if has_tried_too_many_codes(self.user.pk, timezone.now()):", "if False:"),),
        (f"{_STEP}::test_ten_wrong_codes_close_the_door_for_a_quarter_of_an_hour",),
    ),
    Defect(
        "recovery-code-works-twice",
        "A recovery code signs in again and again.",
        (
            Edit(
                _CODES,
                '        note("code.accepted", now=now, user_id=self.user.pk',
                "        if self.authenticator.type != Authenticator.Type.TOTP:\n"
                '            self.authenticator.data = {**self.authenticator.data, "used_mask": 0}\n'
                '            self.authenticator.save(update_fields=["data"])\n'
                '        note("code.accepted", now=now, user_id=self.user.pk',
            ),
        ),
        (f"{_STEP}::test_a_recovery_code_signs_in_once",),
    ),
    Defect(
        "secrets-in-clear",
        "The secrets of authenticators stand in the database in clear.",
        (
            Edit("accounts/adapter.py", 'return vault.close(text).decode("ascii")', "return text"),
            Edit(
                "accounts/adapter.py", 'return vault.open_text(encrypted_text.encode("ascii"))', "return encrypted_text"
            ),
        ),
        (f"{_STEP}::test_the_secret_stands_in_no_row_in_clear",),
    ),
    Defect(
        "sign-in-of-others-ended",
        "Anybody ends anybody's sign-in.",
        (
            Edit(
                "accounts/sessions.py",
                "found = UserSession.objects.filter(user=user, pk=session_id).first()",
                "found = UserSession.objects.filter(pk=session_id).first()",
            ),
        ),
        (f"{_SIGN_IN}::test_nobody_ends_the_sign_in_of_another_person",),
    ),
    Defect(
        "kept-form-of-others",
        "What one person typed before their sign-in ended is shown to another.",
        (
            Edit(
                "accounts/keeping.py",
                "KeptForm.objects.filter(id=kept_id, user_id=user_id, expires_at__gt=now).first()",
                "KeptForm.objects.filter(id=kept_id, expires_at__gt=now).first()",
            ),
        ),
        (f"{_SIGN_IN}::test_what_is_kept_is_encrypted_and_belongs_to_its_writer_alone",),
    ),
    Defect(
        "led-to-another-site",
        "After signing in a prepared address leads to another site.",
        (
            Edit(
                "accounts/entrance.py",
                "if not url_has_allowed_host_and_scheme(behind, allowed_hosts={request.get_host()}):",
                "if not behind:",
            ),
        ),
        (
            f"{_SIGN_IN}::test_a_part_of_a_page_asked_after_the_end_leads_the_whole_page_to_the_sign_in",
            f"{_SIGN_IN}::test_the_way_back_never_leads_to_another_site",
        ),
    ),
    Defect(
        "invitation-works-twice",
        "An invitation that was taken works again for whoever finds the mail.",
        (
            Edit(
                "accounts/models.py",
                "return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at",
                "return self.withdrawn_at is None and now < self.expires_at",
            ),
        ),
        (f"{_PEOPLE}::test_a_link_works_once_and_only_a_hash_of_it_is_kept",),
    ),
    Defect(
        "invitation-kept-in-clear",
        "Whoever reads the database can take any open invitation.",
        (
            Edit(
                "accounts/links.py",
                "return hashlib.sha256(key.encode()).hexdigest()",
                "return key",
            ),
        ),
        (f"{_PEOPLE}::test_a_link_works_once_and_only_a_hash_of_it_is_kept",),
    ),
    Defect(
        "invitation-for-anybody",
        "An invitation is taken by another person than it was sent to.",
        (Edit("accounts/invitations.py", "if user.email != invitation.email:", "if False:"),),
        ("tests/accounts/test_take_invitation.py::test_an_invitation_is_taken_by_nobody_but_its_address",),
    ),
)
