"""Tags and filters every template uses: numbers and dates in the house wording, and the shared components.

Dates need to know today: tags read `clock` (a `web.wording.Clock`) from the context.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from edi.views.codes import reason_words, report_words
from web import first_steps as asks
from web import meter as meters
from web import signs, wording

register = template.Library()

COVERED = "••/••/••••"
"""Stands for a date of birth that is not shown."""

CONTROL_CLASS = {"select": "form-select", "check": "form-check-input", "text": "form-control"}


def _clock(context: Context) -> wording.Clock:
    clock: wording.Clock = context["clock"]
    return clock


@register.simple_tag
def request_reference() -> str:
    """What a person reads out to support: the beginning of the request's id, which every line of its log carries."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:8]


# Numbers ---------------------------------------------------------------------------------------------------


@register.filter
def quantity(value: Decimal | int | None) -> str:
    """`{{ line.approved|quantity }}`: "1,200", "22.5", "unknown"."""
    return wording.quantity(value)


@register.filter
def left(value: Decimal | None) -> str:
    """`{{ remaining|left }}`: "76", "over by 4" below zero, "unknown"."""
    if value is not None and value < 0:
        return f"over by {wording.quantity(-value)}"
    return wording.quantity(value)


@register.filter
def counted(value: Decimal | int | None, word: str) -> str:
    """`{{ n|counted:"line" }}`: "1 line", "3 lines". An irregular plural follows a comma: "reply,replies"."""
    one, _, many = word.partition(",")
    return wording.counted(value, one, many)


@register.filter
def words(items: Iterable[object]) -> str:
    """`{{ codes|words }}`: "A, B and C"."""
    return wording.join_words([str(item) for item in items])


@register.filter
def get_item(mapping: Mapping[str, object], key: str) -> object:
    """`{{ mapping|get_item:key }}` where the key is a variable; nothing there is empty."""
    return mapping.get(key, "")


# Dates and times -------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def day(context: Context, value: date) -> str:
    """`{% day line.ends_on %}`: "Dec 12"."""
    return wording.day(value, _clock(context).today)


@register.simple_tag(takes_context=True)
def weekday(context: Context, value: date) -> str:
    """`{% weekday due %}`: "Wed Nov 25"."""
    return wording.weekday(value, _clock(context).today)


@register.simple_tag(takes_context=True)
def near_day(context: Context, value: date) -> str:
    """`{% near_day service_date %}`: "Today", "Fri Nov 20", "Jun 9"."""
    return wording.near_day(value, _clock(context).today)


@register.simple_tag(takes_context=True)
def window(context: Context, starts_on: date | None, ends_on: date | None) -> str:
    """`{% window starts_on ends_on %}`: "Jun 15 – Dec 12"."""
    return wording.window(starts_on, ends_on, _clock(context).today)


@register.simple_tag(takes_context=True)
def runs(context: Context, starts_on: date | None, ends_on: date | None) -> str:
    """`{% runs starts_on ends_on %}`: "starts in 7 days", "ends in 19 days", "ended 3 days ago"."""
    return wording.runs(starts_on, ends_on, _clock(context).today)


@register.simple_tag(takes_context=True)
def ends(context: Context, value: date) -> str:
    """`{% ends line.ends_on %}`: "ends in 19 days (Dec 12)"."""
    today = _clock(context).today
    return f"{wording.ends(value, today)} ({wording.day(value, today)})"


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime) -> str:
    """`{% moment sent_at %}`: "Fri Nov 20, 9:42 AM"."""
    return wording.moment(value, _clock(context))


@register.simple_tag(takes_context=True)
def moment_inside(context: Context, value: datetime) -> str:
    """`sent {% moment_inside sent_at %}`: "sent today, 9:42 AM"."""
    return wording.moment_inside(value, _clock(context))


@register.simple_tag(takes_context=True)
def time_of_day(context: Context, value: datetime) -> str:
    """`{% time_of_day at %}`: "9:42 AM"."""
    return wording.clock_time(value, _clock(context).zone)


@register.simple_tag(takes_context=True)
def local_day(context: Context, value: datetime) -> str:
    """`{% local_day at %}`: the day of a moment on the organization's clock: "Today", "Fri Nov 20"."""
    clock = _clock(context)
    return wording.near_day(value.astimezone(clock.zone).date(), clock.today)


@register.simple_tag(takes_context=True)
def waited(context: Context, since: datetime) -> str:
    """`{% waited sent_at %}`: "14 min", "3 days"."""
    return wording.span(_clock(context).now - since)


@register.simple_tag
def span_between(first: datetime, last: datetime) -> str:
    """`{% span_between sent_at answered_at %}`: "2 min", "6 days"."""
    return wording.span(last - first)


@register.simple_tag(takes_context=True)
def age(context: Context, since: datetime) -> str:
    """`{% age created_at %}`: "4 d old"."""
    clock = _clock(context)
    return wording.age_in_days(since.astimezone(clock.zone).date(), clock.today)


@register.simple_tag(takes_context=True)
def years_old(context: Context, born_on: date) -> int:
    """`{% years_old member.born_on %}`: completed years."""
    return wording.years_old(born_on, _clock(context).today)


@register.simple_tag(takes_context=True)
def born(context: Context, born_on: date) -> str:
    """`{% born member.birth_date %}`: "Mar 14, 2017"; covered for whom the role does not let see it."""
    allowed: Any = context.get("can") or {}
    return wording.day(born_on, _clock(context).today) if allowed.get("member_phi") else COVERED


@register.inclusion_tag("partials/first_steps.html", takes_context=True)
def first_steps(context: Context) -> dict[str, Any]:
    """`{% first_steps %}`: what a new organization still lacks; nothing once it has all."""
    return missing_steps(context)


@register.simple_tag(takes_context=True)
def missing_steps(context: Context) -> dict[str, Any]:
    """`{% missing_steps as start %}`: the same for a page that says something else where `start.steps` is empty."""
    steps = asks.first_steps(context.get("can") or {})
    done = sum(step.done for step in steps)
    return {"steps": steps, "done": done, "reachable": any(step.address for step in steps)}


# Signs -----------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "check" %}`: an icon of the sprite; decoration only, the words stand beside it."""
    return format_html(
        '<svg class="i" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-{}"/></svg>',
        name,
    )


@register.simple_tag
def status(state: str, kind: str = "authorization", words: str = "") -> SafeString:
    """`{% status row.status %}`: icon, word, tone. `kind`: a table of `web.signs`; `words`: other words."""
    sign = signs.sign(kind, str(state))
    return format_html('<span class="st st-{}">{}{}</span>', sign.tone, icon(sign.icon), words or sign.words)


@register.simple_tag
def waiting_on(who: str) -> SafeString:
    """`{% waiting_on row.waiting_on %}`: whose turn it is; only "Us" is bold, nobody is quiet."""
    sign = signs.WAITING.get(str(who))
    if sign is None:
        return format_html('<span class="sub">{}</span>', "nobody")
    tone = " wait-us" if sign.tone == "us" else ""
    return format_html('<span class="wait{}">{}{}</span>', tone, icon(sign.icon), sign.words)


@register.simple_tag(takes_context=True)
def due(context: Context, at: datetime | None) -> SafeString:
    """`{% due row.due_at %}`: late since when, today at what time, else the day; empty without a due."""
    if at is None:
        return mark_safe("")
    clock = _clock(context)
    local = at.astimezone(clock.zone).date()
    time = f"{wording.clock_time(at, clock.zone)} {clock.zone_label}"
    if at < clock.now:
        late = f"Overdue {wording.span(clock.now - at)}"
        return format_html('<span class="due due-late">{}{}</span>', icon("alarm"), late)
    if local == clock.today:
        return format_html('<span class="due due-today">{}Today, {}</span>', icon("alarm"), time)
    return format_html('<span class="due">by {}</span>', wording.weekday(local, clock.today))


@register.simple_tag(takes_context=True)
def ending(context: Context, ends_on: date | None, starts_on: date | None = None) -> SafeString:
    """`{% ending row.ends_on row.starts_on %}`: the distance, tinted from 14 days, red from 7."""
    today = _clock(context).today
    text = wording.runs(starts_on, ends_on, today)
    tone = "" if starts_on is not None and starts_on > today else wording.expiry_tone(ends_on, today)
    if tone in ("urgent", "soon"):
        flag = "bad" if tone == "urgent" else "warn"
        return format_html('<span class="flag flag-{}">{}{}</span>', flag, icon("alarm"), text)
    return format_html("<strong>{}</strong>" if tone == "notice" else "{}", text)


@register.simple_tag(takes_context=True)
def urgency(context: Context, *instants: datetime | None) -> str:
    """`{% urgency next_action_at due_at %}`: the class of a row: "late", "today" or "" by the first that presses."""
    clock = _clock(context)
    known = [at for at in instants if at is not None]
    if any(at < clock.now for at in known):
        return "late"
    return "today" if any(at.astimezone(clock.zone).date() == clock.today for at in known) else ""


@register.filter
def channel(value: str) -> str:
    """`{{ submission.channel|channel }}`: "278 electronic", "Portal"."""
    return signs.CHANNEL.get(str(value), str(value))


@register.filter
def reasons(codes: Iterable[str]) -> str:
    """`{{ decision.reasons|reasons }}`: the payer's reasons in words, its codes in brackets."""
    return reason_words(codes)


@register.filter
def report(text: str) -> str:
    """`{{ wanted.text|report }}`: what a payer asks for, in words where it gave a code alone."""
    return report_words(text)


@register.filter
def purpose(value: str) -> str:
    """`{{ submission.purpose|purpose }}`: "First request", "Extension"."""
    return signs.PURPOSE.get(str(value), str(value))


# Forms -----------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def form_tokens(context: Context) -> SafeString:
    """`{% form_tokens %}` in every form that writes: the CSRF token and the page's organization."""
    fields = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', context["csrf_token"])
    shell = context.get("shell")
    if shell is None:
        return fields
    name = context["page_organization"]
    return fields + format_html('<input type="hidden" name="{}" value="{}">', name, shell.organization_id)


# Components ------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/meter.html")
def meter(measured: meters.Meter, height: int = 8, code: str = "", note: str = "") -> dict[str, object]:
    """`{% meter line.meter %}`: words first, then the bar that repeats them. `note` replaces line two."""
    return {"meter": measured, "height": height, "code": code, "note": note or measured.detail}


@register.inclusion_tag("components/bar.html")
def bar(measured: meters.Meter, height: int = 8, width: str = "100%") -> dict[str, object]:
    """`{% bar line.meter 18 %}`: the drawn bar alone, where the words already stand."""
    return {"meter": measured, "height": height, "width": width}


@register.simple_block_tag(end_name="endwhy")
def why(content: str, name: str, about: str) -> SafeString:
    """`{% why "due-3" "the due date" %}<span>rule</span>{% endwhy %}`: the rule behind a number.

    `name` is unique on the page; `about` completes "why?" for a screen reader.
    """
    return format_html(
        '<button class="why" type="button" popovertarget="why-{0}">why?'
        '<span class="visually-hidden"> {1}</span></button>'
        '<span class="why-pop" id="why-{0}" popover>{2}</span>',
        name,
        about,
        mark_safe(content),  # noqa: S308 (rendered and escaped by the template engine)
    )


@register.inclusion_tag("components/copy.html")
def copy(value: str, about: str) -> dict[str, str]:
    """`{% copy number "our number" %}`: copies a value; shown only where a script can do it."""
    return {"value": value, "about": about}


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, width: str = "c6", hint: str = "", refresh: str = "", parts: str = ""
) -> dict[str, object]:
    """`{% field form.starts_on "c3" %}`: label, control, error and hint of one field, tied together.

    With `refresh` (an address) a change of the field asks the server for the form anew; with `parts` only these
    ("#said,#beside") are exchanged, the first in its place, and nothing a person may be typing into.
    """
    return {
        "field": bound,
        "control": _control(bound, _asking_anew(refresh, parts)),
        "width": width,
        "hint": hint or bound.help_text,
        "is_group": bound.use_fieldset,
    }


@register.inclusion_tag("components/cell_field.html")
def cell_field(
    bound: BoundField, line: int, about: str, align: str = "", refresh: str = "", parts: str = ""
) -> dict[str, object]:
    """`{% cell_field row.units 1 "units requested" %}`: a control in a table, named by `aria-label`. See `field`."""
    extra = {"aria-label": f"Line {line} {about}", **_asking_anew(refresh, parts)}
    return {"field": bound, "control": _control(bound, extra, align)}


def _asking_anew(address: str, parts: str) -> dict[str, str]:
    """What makes a change of a control fetch the form anew: one question after the other, the latest change last."""
    if not address:
        return {}
    vals = '{"do": "refresh"}'
    asking = {"hx-post": address, "hx-trigger": "change", "hx-vals": vals, "hx-sync": "closest form:queue last"}
    if parts:
        first, _, others = parts.partition(",")
        asking |= {"hx-target": first, "hx-select": first, "hx-select-oob": others, "hx-swap": "outerHTML show:none"}
    return asking


def _control(bound: BoundField, extra: Mapping[str, str], css: str = "") -> SafeString:
    """The form control with the classes of the style sheet and whatever ties it to its words."""
    widget = bound.field.widget
    kind = "text"
    if isinstance(widget, forms.Select):
        kind = "select"
    elif isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        kind = "check"
    attrs: dict[str, Any] = {"class": f"{CONTROL_CLASS[kind]} {css}".strip(), **extra}
    if bound.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"}
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("components/error_summary.html")
def error_summary(problems: Iterable[Mapping[str, str]], heading: str) -> dict[str, object]:
    """`{% error_summary problems "Not submitted" %}`: what to fix, on top, each with a link to its field.

    A problem is a mapping with `text` and `field_id` (empty when no single field can mend it).
    """
    listed = list(problems)
    return {"problems": listed, "heading": heading, "count": len(listed)}
