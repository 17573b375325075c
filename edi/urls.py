"""Routes of the exchange pages."""

from django.urls import path

from edi.views import messages

urlpatterns = [
    path("exchange", messages.message_list, name="message_list"),
    path("exchange/messages/<uuid:message_id>", messages.exchange_message, name="exchange_message"),
]
