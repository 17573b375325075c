"""Signing in and out, one's own account, and the organization's people.

Of allauth's pages only those named here exist: people come by invitation, so there is no sign-up.
"""

from allauth.account import views as entrance
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as authenticator
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts.access import public_view
from accounts.personal import personal_view
from accounts.views import absences, entry, mine, people, roles


class UntilHyphen(StringConverter):
    """Whose password a link sets: what stands before the first hyphen."""

    regex = "[0-9A-Za-z]+"


register_converter(UntilHyphen, "until_hyphen")

own = personal_view("a person's own way of signing in")
forgotten = public_view("who forgot the password cannot sign in; the link that is sent is the key")

urlpatterns = [
    path("account/sign-in/", entrance.login, name="account_login"),
    path("account/sign-in/code/", factors.authenticate, name="mfa_authenticate"),
    path("account/sign-out/", entrance.logout, name="account_logout"),
    path("account/closed/", entrance.account_inactive, name="account_inactive"),
    path("account/confirm/", own(entrance.reauthenticate), name="account_reauthenticate"),
    path("account/confirm/code/", own(factors.reauthenticate), name="mfa_reauthenticate"),
    path("account/password/", own(entrance.password_change), name="account_change_password"),
    path("account/password/forgotten/", forgotten(entrance.password_reset), name="account_reset_password"),
    path("account/password/sent/", forgotten(entrance.password_reset_done), name="account_reset_password_done"),
    path(
        "account/password/new/<until_hyphen:uidb36>-<str:key>/",
        forgotten(entrance.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/set/",
        forgotten(entrance.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("account/second-step/", own(factors.index), name="mfa_index"),
    path("account/second-step/set-up/", own(authenticator.activate_totp), name="mfa_activate_totp"),
    path("account/second-step/remove/", own(authenticator.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", own(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", own(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/", mine.my_account, name="my_account"),
    path("account/stay", mine.stay, name="stay"),
    path("account/organization", mine.go_to_organization, name="go_to_organization"),
    path("account/sign-ins/<int:session_id>/end", mine.my_session_end, name="my_session_end"),
    path("account/sign-ins/end-others", mine.my_sessions_end, name="my_sessions_end"),
    path("account/kept/<uuid:kept_id>", entry.kept_page, name="kept_form"),
    path("invitation/<str:link>", entry.invitation, name="invitation"),
    path("account/absences", absences.absence_list, name="absence_list"),
    path("account/absences/<uuid:absence_id>/call-off", absences.absence_call_off, name="absence_call_off"),
    path("account/people", people.people, name="people"),
    path("account/people/second-step", people.second_factor_rule, name="second_factor_rule"),
    path("account/people/invite", people.invite, name="invite"),
    path("account/people/<uuid:membership_id>", people.person, name="person"),
    path("account/people/<uuid:membership_id>/close", people.person_close, name="person_close"),
    path("account/people/<uuid:membership_id>/reopen", people.person_reopen, name="person_reopen"),
    path("account/invitations/<uuid:invitation_id>/withdraw", people.invitation_withdraw, name="invitation_withdraw"),
    path("account/roles", roles.role_list, name="role_list"),
    path("account/roles/new", roles.role_new, name="role_new"),
    path("account/roles/<uuid:role_id>", roles.role_edit, name="role_edit"),
]
