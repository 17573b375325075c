"""Who may open a page, and what is remembered of it."""

from devkit.mutants.defect import Defect, Edit

_ACCESS = "accounts/access.py"
_MATRIX = "tests/web/test_permission_matrix.py"
_EACH_ROLE = f"{_MATRIX}::test_each_role_gets_what_the_table_says_on_its_own_and_nothing_of_others"
_TOLD = "tests/accounts/test_tell_reads.py"

DEFECTS = (
    Defect(
        "right-not-asked",
        "Every page opens for everybody of the organization, whatever their role.",
        (Edit(_ACCESS, "if not request.access.allows(wanted.scope):", "if False:"),),
        (f"{_EACH_ROLE}[claim_void-POST]",),
    ),
    Defect(
        "wrong-right-asked",
        "A page that writes asks for the right to read.",
        (
            Edit(
                "claims/views.py",
                '@organization_view(Scope.CLAIM_WRITE, reads="claim.read")\ndef claim_new(',
                '@organization_view(Scope.MEMBER_READ, reads="claim.read")\ndef claim_new(',
            ),
        ),
        (f"{_EACH_ROLE}[claim_new-POST]",),
    ),
    Defect(
        "page-declares-nothing",
        "A page is served that declares no right at all.",
        (
            Edit(
                "web/search.py",
                '@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], reads="record.searched")',
                "",
            ),
        ),
        (
            f"{_MATRIX}::test_every_route_is_in_the_reviewed_table_and_none_is_there_that_is_gone",
            "tests/accounts/test_declare_routes.py",
        ),
    ),
    Defect(
        "organization-from-a-field",
        "The organization a person works in is taken from a field of the form.",
        (
            Edit(
                _ACCESS,
                'chosen = str(request.session.get(SESSION_KEY, ""))',
                'chosen = str(request.POST.get("organization") or request.session.get(SESSION_KEY, ""))',
            ),
        ),
        ("tests/accounts/test_guard_view.py::test_no_field_of_a_form_says_in_which_organization_somebody_works",),
    ),
    Defect(
        "page-of-another-organization",
        "A page left open in one organization writes into the other one.",
        (Edit(_ACCESS, "if page and page != str(request.access.organization.id):", "if False:"),),
        ("tests/web/test_fill_request.py::test_a_form_of_another_organization_is_refused_with_a_clear_word",),
    ),
    Defect(
        "closed-place-stays-open",
        "Somebody whose place in the organization has ended goes on working.",
        (
            Edit(
                _ACCESS,
                "Membership.of_person.filter(user=user, active=True).order_by",
                "Membership.of_person.filter(user=user).order_by",
            ),
        ),
        ("tests/accounts/test_people.py::test_who_leaves_sees_nothing_from_the_next_click_and_may_come_back",),
    ),
    Defect(
        "role-remembered",
        "A right taken away is still had until the server starts anew.",
        (
            Edit(
                _ACCESS,
                "scopes=frozenset(membership.role.scopes)",
                "scopes=frozenset(access_at.__dict__.setdefault(membership.id, membership.role.scopes))",
            ),
        ),
        ("tests/accounts/test_people.py::test_another_role_acts_on_the_next_click",),
    ),
    Defect(
        "last-administrator-leaves",
        "The last person who may change rights takes them from themselves.",
        (Edit("accounts/services.py", "if not able.filter(active=True, user__is_active=True).exists():", "if False:"),),
        ("tests/accounts/test_people.py::test_the_last_who_may_invite_and_change_roles_stays",),
    ),
    Defect(
        "refusal-lost-with-rollback",
        "The event of a refusal is undone together with the request it refused.",
        (
            Edit(
                _ACCESS,
                "        return _refusal(request, place, refused)",
                "        with transaction.atomic():\n"
                "            response = _refusal(request, place, refused)\n"
                "            transaction.set_rollback(True)\n"
                "            return response",
            ),
        ),
        (f"{_TOLD}::test_a_refusal_is_kept_though_its_request_is_undone",),
    ),
    Defect(
        "missing-not-kept",
        "Trying ids of other organizations leaves no trace.",
        (
            Edit(
                _ACCESS,
                '_record_refusal(request, "access.missed", {"asked": asked} if asked else {})',
                "str(asked)",
            ),
        ),
        (f"{_EACH_ROLE}[claim_detail-GET]",),
    ),
    Defect(
        "reading-not-told",
        "Nobody can say afterwards who looked at what.",
        (Edit(_ACCESS, "elif wanted.reads is not None and request.reading.is_due(response):", "elif False:"),),
        (
            "tests/web/test_tell_every_reading.py::"
            "test_a_page_tells_its_reading_once_or_says_why_it_shows_no_health_data[member_detail]",
        ),
    ),
    Defect(
        "shown-though-not-told",
        "A page is shown although its reading could not be written down.",
        (
            Edit(
                _ACCESS,
                "                request.reading.tell(actor=request.access.actor, now=request.access.now)",
                "                try:\n"
                "                    with transaction.atomic():\n"
                "                        request.reading.tell(actor=request.access.actor, now=request.access.now)\n"
                "                except Exception:\n"
                "                    return response",
            ),
        ),
        (f"{_TOLD}::test_a_page_whose_reading_cannot_be_told_is_not_shown",),
    ),
    Defect(
        "search-kept-in-words",
        "The audit log keeps the names people searched for.",
        (
            Edit(
                "accounts/reading.py",
                'self.data["terms"] = hashed_terms(terms, self.organization_id)',
                'self.data["terms"] = terms',
            ),
        ),
        (f"{_TOLD}::test_a_search_keeps_a_keyed_hash_and_no_words",),
    ),
    Defect(
        "streamed-outside-scope",
        "An answer may be streamed after the organization's scope has ended, and is silently empty.",
        (
            Edit(
                _ACCESS,
                'if isinstance(response, StreamingHttpResponse) and not getattr(response, "own_scope", False):',
                "if False:",
            ),
        ),
        ("tests/tenancy/test_export.py::test_a_response_that_would_stream_after_the_scope_is_refused",),
    ),
    Defect(
        "rendered-outside-scope",
        "A page is put together after the organization's scope has ended.",
        (
            Edit(
                _ACCESS,
                "            if isinstance(response, SimpleTemplateResponse):\n                response.render()\n",
                "",
            ),
        ),
        ("tests/accounts/test_guard_view.py::test_a_page_is_rendered_while_the_rows_of_its_organization_can_be_seen",),
    ),
    Defect(
        "deadlock-not-repeated",
        "A deadlock or a serialization failure ends in an error page although trying again would have helped.",
        (Edit(_ACCESS, 'RETRIED = {"40001", "40P01"}', "RETRIED = set()"),),
        ("tests/accounts/test_guard_view.py::test_a_request_that_lost_a_race_in_the_database_is_done_again",),
    ),
)
