"""What a person is told of, how they want to be told, and their calendar."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Membership
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Kind(models.TextChoices):
    """Why somebody is told something."""

    ESCALATED = "escalated", "A deadline has passed"
    ANSWERED = "answered", "A payer answered a request of mine"
    PENDED = "pended", "A payer asks for more"
    APPROVED = "approved", "Something was approved: for schedule, chart and billing"
    HANDED_OVER = "handed_over", "A request was handed to me"
    TASK = "task", "There is something to look at"
    NOT_DELIVERED = "not_delivered", "A message was not delivered"


AT_ONCE = (Kind.ESCALATED.value,)
"""What is mailed at once to somebody who has said nothing else."""


class Notice(OrganizationModel):
    """Something one person is told, once for each cause.

    `words` may name a case by our number, never a member or a service. `subject_type` and `subject_id` are what it
    leads to, `cause` the row it tells of. `stands_in_for`: whose absence makes it theirs. A mail takes every notice
    that waits for one: `mail_batch` is the outbox message that took it.
    """

    to = OrganizationKey(Membership, related_name="notices")
    stands_in_for = OrganizationKey(Membership, null=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    words = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    cause = models.UUIDField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_wanted = models.BooleanField(default=False)
    mail_batch = models.UUIDField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "to", "kind", "cause"], name="one_notice_a_cause")
        ]
        indexes = [
            models.Index(fields=["organization", "to", "at", "id"], name="notice_by_person"),
            models.Index(fields=["organization", "to", "at"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=["organization", "to"], condition=Q(mail_wanted=True, mailed_at=None), name="notice_to_mail"
            ),
        ]


class NoticeSettings(OrganizationModel):
    """How one person wants to be told. Without a row: everything in the app, escalations by mail, a daily mail.

    `muted` kinds are not told at all, `at_once` kinds are mailed when they happen, but not between `quiet_from` and
    `quiet_until` of the organization's clock.
    """

    membership = OrganizationKey(Membership, related_name="+")
    muted = ArrayField(models.CharField(max_length=16, choices=Kind.choices), default=list)
    at_once = ArrayField(models.CharField(max_length=16, choices=Kind.choices), default=list)
    daily = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "membership"], name="one_settings_a_person")]


class DailyMail(OrganizationModel):
    """The mail of one day to one person, made once. `sent_at` stays empty where there was nothing to say."""

    to = OrganizationKey(Membership, related_name="+")
    day = models.DateField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "to", "day"], name="one_daily_mail")]


class CalendarFeed(OrganizationModel):
    """The address at which a calendar reads one person's follow-ups. Of the address only a hash is kept."""

    membership = OrganizationKey(Membership, related_name="+")
    token_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "token_hash"], name="one_feed_a_token"),
            models.UniqueConstraint(
                fields=["organization", "membership"], condition=Q(withdrawn_at=None), name="one_open_feed_a_person"
            ),
        ]
