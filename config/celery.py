"""The Celery application and the beat schedule.

A message is a bell with ids: what must be done stands in the outbox, and the sweep rings again for what a lost bell
would have started.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings  # (needs the variable above)

app = Celery("greenlight", broker=settings.REDIS_URL)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=240,
    task_time_limit=270,
    # Longer than five times the longest task; restored often, or a killed worker's task waits for minutes.
    broker_transport_options={
        "visibility_timeout": 1500,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
    },
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    beat_schedule={
        "outbox-sweep": {
            "task": "outbox.tasks.drain",
            "schedule": settings.OUTBOX_SWEEP_SECONDS,
            "options": {"expires": 10},
        },
        "audit-seal": {"task": "audit.tasks.seal", "schedule": 60.0, "options": {"expires": 60}},
        "accounts-tidy": {"task": "accounts.tasks.tidy", "schedule": 300.0, "options": {"expires": 300}},
        "documents-sweep": {
            "task": "authorizations.documents.tasks.sweep",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "escalate": {"task": "authorizations.tasks.escalate", "schedule": 120.0, "options": {"expires": 120}},
        "daily-mail": {"task": "notices.tasks.plan_day", "schedule": 300.0, "options": {"expires": 300}},
        "edi-poll": {"task": "edi.tasks.poll_partners", "schedule": 5.0, "options": {"expires": 5}},
    },
)
app.autodiscover_tasks()  # of every installed app: a list would leave a new topic without its reader
