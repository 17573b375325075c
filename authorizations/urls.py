"""Routes of the authorization pages."""

from django.urls import path

from authorizations.views import (
    changing,
    detail,
    existing,
    export,
    handwork,
    importing,
    listing,
    queue,
    renewals,
    request,
    response,
    verbs,
)

urlpatterns = [
    path("authorizations", listing.authorization_list, name="authorization_list"),
    path("authorizations/export", export.authorization_export, name="authorization_export"),
    path("authorizations/new", request.authorization_new, name="authorization_new"),
    path("authorizations/existing", existing.existing_new, name="existing_new"),
    path("authorizations/import", importing.authorization_import, name="authorization_import"),
    path(
        "authorizations/import/template",
        importing.authorization_import_template,
        name="authorization_import_template",
    ),
    path(
        "authorizations/import/<uuid:tracker_file_id>",
        importing.authorization_import_file,
        name="authorization_import_file",
    ),
    path("authorizations/<uuid:authorization_id>", detail.authorization_detail, name="authorization_detail"),
    path("authorizations/<uuid:authorization_id>/status", detail.authorization_status, name="authorization_status"),
    path("authorizations/<uuid:authorization_id>/edit", request.authorization_edit, name="authorization_edit"),
    path("authorizations/<uuid:authorization_id>/discard", request.authorization_discard, name="authorization_discard"),
    path(
        "authorizations/<uuid:authorization_id>/tasks/<uuid:task_id>/close",
        detail.authorization_task_close,
        name="authorization_task_close",
    ),
    path("authorizations/<uuid:authorization_id>/notes", detail.authorization_note, name="authorization_note"),
    path("authorizations/<uuid:authorization_id>/letter", response.authorization_letter, name="authorization_letter"),
    path("authorizations/<uuid:authorization_id>/cancel", verbs.authorization_cancel, name="authorization_cancel"),
    path("authorizations/<uuid:authorization_id>/amend", changing.authorization_amend, name="authorization_amend"),
    path("authorizations/<uuid:authorization_id>/extend", changing.authorization_extend, name="authorization_extend"),
    path("authorizations/<uuid:authorization_id>/appeal", verbs.authorization_appeal, name="authorization_appeal"),
    path("authorizations/<uuid:authorization_id>/inquire", verbs.authorization_inquire, name="authorization_inquire"),
    path("authorizations/<uuid:authorization_id>/renew", renewals.authorization_renew, name="authorization_renew"),
    path(
        "authorizations/<uuid:authorization_id>/ask-anew",
        renewals.authorization_ask_anew,
        name="authorization_ask_anew",
    ),
    path("submissions/<uuid:submission_id>/resubmit", verbs.submission_resubmit, name="submission_resubmit"),
    path("queue", queue.manual_queue, name="manual_queue"),
    path("submissions/<uuid:submission_id>/mark", handwork.submission_mark, name="submission_mark"),
    path("submissions/<uuid:submission_id>/take-back", handwork.submission_take_back, name="submission_take_back"),
    path("submissions/<uuid:submission_id>/recall", handwork.submission_recall, name="submission_recall"),
    path("submissions/<uuid:submission_id>/channel", handwork.submission_channel, name="submission_channel"),
    path("submissions/<uuid:submission_id>/response", response.submission_response, name="submission_response"),
    path("decisions/<uuid:decision_id>/correct", response.decision_correct, name="decision_correct"),
    path(
        "members/<uuid:member_id>/authorizations/new",
        request.member_authorization_new,
        name="member_authorization_new",
    ),
    path("members/<uuid:member_id>/authorizations/existing", existing.member_existing_new, name="member_existing_new"),
]
