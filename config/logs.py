"""Structured logs: one JSON object a line, with the request's id, without bodies or names."""

import logging.config
import re
import sys
from typing import Any

import structlog


def configure(_settings: dict[str, Any]) -> None:
    """Called by Django at start-up in place of its own logging."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        _error_without_data,
                        _links_without_keys,
                        structlog.processors.JSONRenderer(),
                    ],
                }
            },
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["console"], "level": "INFO"},
            "loggers": {
                "axes": {"level": "ERROR"},
                "django_structlog": {"level": "WARNING"},
                # It quotes the file it reads.
                "pypdf": {"level": "CRITICAL"},
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


_KEY_OF_A_LINK = re.compile(r"(/invitation/|/account/password/new/|/calendar/)[^\s?#\"']+")


def _links_without_keys(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A link we mail opens a door to whoever reads it: a log shows that it was used, never the link."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _KEY_OF_A_LINK.sub(r"\1…", value)
    return event


def _error_without_data(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Where an error happened, never what it said: messages of the database carry column values."""
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info and not isinstance(info, tuple):  # structlog's own loggers say True and mean the one being handled
        info = sys.exc_info()
    if info and info[0] is not None:
        event["error"] = info[0].__name__
        frames = []
        trace = info[2]
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 3)[-1]}:{trace.tb_lineno}")
            trace = trace.tb_next
        event["frames"] = frames[-12:]
    return event
