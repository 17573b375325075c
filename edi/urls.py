"""Routes of the exchange pages."""

from django.urls import path

from edi.views import dead_letters, messages, quarantine, undelivered

urlpatterns = [
    path("exchange", messages.message_list, name="message_list"),
    path("exchange/messages/<uuid:message_id>", messages.exchange_message, name="exchange_message"),
    path("exchange/messages/<uuid:message_id>/attach", quarantine.message_attach, name="message_attach"),
    path("exchange/undelivered", undelivered.undelivered_list, name="undelivered_list"),
    path("exchange/undelivered/resend", undelivered.undelivered_resend, name="undelivered_resend"),
    path("exchange/dead-letters", dead_letters.dead_letter_list, name="dead_letter_list"),
    path(
        "exchange/dead-letters/<uuid:letter_id>/requeue", dead_letters.dead_letter_requeue, name="dead_letter_requeue"
    ),
]
