"""What a browser gets: tokens, escaping, headers, errors, files for spreadsheets, logs."""

from devkit.mutants.defect import Defect, Edit

_SETTINGS = "config/settings.py"
_HEADERS = "tests/web/test_send_headers.py"

DEFECTS = (
    Defect(
        "no-token-on-one-page",
        "One form takes what another site sends in a person's name.",
        (
            Edit(
                "claims/urls.py",
                'views.claim_void, name="claim_void"',
                '__import__("django.views.decorators.csrf", fromlist=["x"]).csrf_exempt(views.claim_void),'
                ' name="claim_void"',
            ),
        ),
        ("tests/web/test_permission_matrix.py::test_a_form_without_our_token_is_refused[claim_void]",),
    ),
    Defect(
        "note-not-escaped",
        "A script written into a note runs in the browser of whoever reads it.",
        (Edit("templates/authorizations/_communication.html", "{{ note.text|linebreaksbr }}", "{{ note.text|safe }}"),),
        ("tests/web/test_show_case.py::test_a_note_is_kept_with_its_author_and_shown_as_it_was_written",),
    ),
    Defect(
        "scripts-of-anybody-run",
        "A script that got into a page is run by the browser.",
        (Edit(_SETTINGS, '"script-src": [NONCE],', '"script-src": [NONCE, "\'unsafe-inline\'"],'),),
        (f"{_HEADERS}::test_a_page_is_guarded_kept_nowhere_and_has_no_script_of_its_own[member_detail]",),
    ),
    Defect(
        "shown-in-a-frame",
        "Our pages are shown inside another site's, which can trick people into clicking.",
        (Edit(_SETTINGS, '"frame-ancestors": [NONE],', '"frame-ancestors": ["*"],'),),
        (f"{_HEADERS}::test_a_page_is_guarded_kept_nowhere_and_has_no_script_of_its_own[member_detail]",),
    ),
    Defect(
        "pages-kept-by-browsers",
        "Pages with health data stay in the browser's cache after signing out.",
        (Edit("accounts/middleware.py", 'response.headers.setdefault("Cache-Control", "no-store")', "str(response)"),),
        (f"{_HEADERS}::test_a_page_is_guarded_kept_nowhere_and_has_no_script_of_its_own[member_detail]",),
    ),
    Defect(
        "browser-not-cleared",
        "After signing out the browser still holds what it showed.",
        (
            Edit(
                "accounts/middleware.py",
                """response.headers["Clear-Site-Data"] = '"cache", "storage"'""",
                "str(response)",
            ),
        ),
        ("tests/accounts/test_sign_in.py::test_signing_out_ends_the_session_on_the_server_and_clears_the_browser",),
    ),
    Defect(
        "cookie-read-by-scripts",
        "A script can read the cookie of the sign-in.",
        (Edit(_SETTINGS, "SESSION_COOKIE_HTTPONLY = True", "SESSION_COOKIE_HTTPONLY = False"),),
        ("tests/web/test_set_secure.py",),
    ),
    Defect(
        "cookies-in-clear",
        "Behind TLS the cookie of the sign-in also travels without it.",
        (
            Edit(
                _SETTINGS,
                "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE",
                "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False",
            ),
        ),
        ("tests/web/test_set_secure.py",),
    ),
    Defect(
        "error-page-tells",
        "The page of a fault shows what the error said.",
        (
            Edit(
                "web/views.py",
                'return render(request, "500.html", {"reference": reference}, status=500)',
                'return render(request, "500.html", {"reference": __import__("sys").exc_info()[1]}, status=500)',
            ),
        ),
        (f"{_HEADERS}::test_a_fault_gives_a_reference_and_nothing_else",),
    ),
    Defect(
        "log-keeps-error-words",
        "The log keeps the words of errors, which carry column values.",
        (Edit("config/logs.py", 'event["error"] = info[0].__name__', 'event["error"] = repr(info[1])'),),
        ("tests/web/test_keep_logs_clean.py",),
    ),
    Defect(
        "log-keeps-invitations",
        "Who reads the log can take an open invitation.",
        (Edit("config/logs.py", "                        _links_without_keys,\n", ""),),
        ("tests/accounts/test_people.py::test_no_log_shows_a_link_that_still_works",),
    ),
    Defect(
        "cells-calculate",
        "A text that begins like a formula is calculated when an export is opened.",
        (
            Edit(
                "imports/csv_export.py",
                'return f"\'{text}" if text[:1] and text[0] in CALCULATED else text',
                "return text",
            ),
        ),
        ("tests/imports/test_write_csv.py",),
    ),
    Defect(
        "birth-dates-shown-to-all",
        "Dates of birth are shown to roles that may not see them.",
        (
            Edit(
                "web/templatetags/greenlight.py",
                'if allowed.get("member_phi") else COVERED',
                "if allowed is not None else COVERED",
            ),
        ),
        ("tests/members/test_open_pages.py::test_date_of_birth_is_covered_without_its_scope",),
    ),
)
