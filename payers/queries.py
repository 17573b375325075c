"""Reads of the configuration: lists with what they need, who a name means, what was changed, what needs a hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import Membership
from audit.models import AuditEvent
from payers.models import (
    Payer,
    PayerAlias,
    Playbook,
    PlaybookVersion,
    Program,
    ProgramRules,
    ReviewRoute,
    TradingPartner,
    Workflow,
)
from payers.rules import gaps
from payers.services import PLAYBOOK_CONTENT, fold
from tenancy.models import Holiday

RULES_END_SOON = timedelta(days=60)
MOST_EVENTS = 50

KINDS = {
    "payer": "payers.Payer",
    "program": "payers.Program",
    "program_rules": "payers.ProgramRules",
    "review_route": "payers.ReviewRoute",
    "trading_partner": "payers.TradingPartner",
    "playbook": "payers.Playbook",
    "provider": "providers.Provider",
    "facility": "providers.Facility",
}
"""The tables whose events `history` puts in words, by the kind of subject in the audit log."""

VERBS = {
    "added": "added",
    "changed": "changed",
    "begun": "begun",
    "corrected": "corrected",
    "moved": "moved in the order",
    "reviewed": "reviewed",
    "switched_on": "switched on again",
    "switched_off": "switched off",
    "alias_added": "also goes by",
    "alias_retired": "no longer goes by",
    "taken_off": "taken off",
    "put_back": "put back",
    "imported": "imported",
}
NOUNS = {
    "payer": "Payer",
    "program": "Program",
    "program_rules": "Rules",
    "review_route": "Route",
    "trading_partner": "Partner",
    "playbook": "Playbook",
    "holiday": "Holiday",
    "provider": "Provider",
    "facility": "Facility",
}


# Lists -------------------------------------------------------------------------------------------------------


def payers_listed(*, text: str = "", with_inactive: bool = False) -> QuerySet[Payer]:
    """Payers by name, with the number of their active programs and their aliases."""
    rows: QuerySet[Payer] = Payer.objects.all() if with_inactive else Payer.objects.filter(active=True)
    if text:
        key = fold(text)
        named = PayerAlias.objects.filter(alias_key__contains=key, active=True).values("payer_id")
        rows = rows.filter(Q(name__icontains=text) | Q(identifier__icontains=text) | Q(id__in=named))
    aliases = Prefetch("aliases", PayerAlias.objects.filter(active=True).order_by("alias"), to_attr="known_as")
    programs = Count("programs", filter=Q(programs__active=True))
    return rows.annotate(program_count=programs).prefetch_related(aliases).order_by("name", "id")


def programs_whole(payer_id: uuid.UUID | None = None) -> QuerySet[Program]:
    """Programs with payer, rules, routes and partners at hand, as `rules.gaps` and the pages read them."""
    rows: QuerySet[Program] = Program.objects.select_related("payer")
    if payer_id is not None:
        rows = rows.filter(payer_id=payer_id)
    return rows.prefetch_related(
        Prefetch("rules", ProgramRules.objects.order_by("starts_on")),
        Prefetch("routes", ReviewRoute.objects.select_related("partner").order_by("position")),
    ).order_by("-active", "payer__name", "name", "id")


def programs_offered() -> QuerySet[Program]:
    """What a new coverage may name."""
    rows: QuerySet[Program] = Program.objects.filter(active=True, payer__active=True)
    return rows.select_related("payer").order_by("payer__name", "name")


def payers_called(text: str) -> list[Payer]:
    """The payers a text of another system means, by ID, then alias, then name. Two of one name are both returned."""
    key = fold(text)
    if not key:
        return []
    by_id = list(Payer.objects.filter(identifier__iexact=text.strip()))
    if by_id:
        return by_id
    alias = PayerAlias.objects.select_related("payer").filter(alias_key=key, active=True).first()
    return [alias.payer] if alias else list(Payer.objects.filter(name__iexact=" ".join(text.split())).order_by("id"))


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program with the rules of today, those to come, and what keeps its requests from going out."""

    program: Program
    rules: ProgramRules | None
    coming: tuple[ProgramRules, ...]
    gaps: tuple[str, ...]

    @property
    def workflow(self) -> str:
        return self.rules.workflow_words if self.rules else "No rules"


def program_rows(programs: Iterable[Program], today: date) -> list[ProgramRow]:
    """Programs from `programs_whole`, as a list shows them. What is switched off lacks nothing."""
    rows = []
    for program in programs:
        ordered = list(program.rules.all())
        standing = next((rules for rules in ordered if rules.covers(today)), None)
        coming = tuple(rules for rules in ordered if rules.starts_on > today)
        lacks = tuple(gaps(program, today)) if program.active else ()
        rows.append(ProgramRow(program, standing, coming, lacks))
    return rows


def contracts(today: date) -> QuerySet[ProgramRules]:
    """Dated rule sets that carry a contract's reference, the first to end first; those ended long ago last."""
    rows: QuerySet[ProgramRules] = ProgramRules.objects.exclude(contract_reference="").select_related("program__payer")
    ended = models.Case(models.When(ends_on__lt=today, then=1), default=0, output_field=models.IntegerField())
    return rows.order_by(ended, models.F("ends_on").asc(nulls_last=True), "program__payer__name", "starts_on", "id")


def partners_listed() -> list[tuple[TradingPartner, list[Program]]]:
    """Partners by name, each with the active programs routed through it."""
    routed: dict[uuid.UUID, dict[uuid.UUID, Program]] = {}
    routes = ReviewRoute.objects.filter(active=True, partner__isnull=False, program__active=True)
    for route in routes.select_related("program__payer").order_by("program__payer__name", "program__name"):
        assert route.partner_id is not None
        routed.setdefault(route.partner_id, {})[route.program_id] = route.program
    partners = TradingPartner.objects.order_by("-active", "name", "id")
    return [(partner, list(routed.get(partner.id, {}).values())) for partner in partners]


def holidays(*, since: date) -> QuerySet[Holiday]:
    """Days from a day on, those taken off among them."""
    rows: QuerySet[Holiday] = Holiday.objects.filter(day__gte=since)
    return rows.order_by("day")


# Playbooks ---------------------------------------------------------------------------------------------------


def playbook_for(program: Program) -> Playbook | None:
    """The playbook of a program, else the one of its payer for all programs, else None. Owner and names at hand."""
    rows = _playbooks().filter(payer_id=program.payer_id).filter(Q(program=program) | Q(program=None))
    return rows.order_by(models.F("program_id").asc(nulls_last=True)).first()


def playbooks_listed() -> list[Playbook]:
    return list(_playbooks().order_by("payer__name", models.F("program__name").asc(nulls_first=True), "id"))


def playbook(playbook_id: uuid.UUID) -> Playbook | None:
    return _playbooks().filter(id=playbook_id).first()


def _playbooks() -> QuerySet[Playbook]:
    rows: QuerySet[Playbook] = Playbook.objects.select_related("payer", "program", "owner__user")
    return rows


@dataclass(frozen=True, slots=True)
class VersionOf:
    """One version of a playbook and what it changed of the one before: (field, old, new)."""

    version: PlaybookVersion
    changes: tuple[tuple[str, str, str], ...]


def playbook_versions(found: Playbook) -> list[VersionOf]:
    """The versions of a playbook, the latest first, each beside the one it replaced."""
    rows = list(found.versions.order_by("number"))
    pairs = zip([None, *rows], rows, strict=False)
    return [VersionOf(row, _difference(before, row)) for before, row in pairs][::-1]


def _difference(before: PlaybookVersion | None, row: PlaybookVersion) -> tuple[tuple[str, str, str], ...]:
    if before is None:
        return ()
    found = []
    for name in PLAYBOOK_CONTENT:
        old, new = before.content.get(name), row.content.get(name)
        if old != new:
            found.append((field_words(Playbook, name), _shown(Playbook, name, old), _shown(Playbook, name, new)))
    return tuple(found)


def owners() -> QuerySet[Membership]:
    """Who may own a playbook: the people who are here."""
    rows: QuerySet[Membership] = Membership.objects.filter(active=True)
    return rows.select_related("user").order_by("user__name")


# What was changed --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One write: when, who, what about which, and each field old and new."""

    at: datetime
    who: str
    words: str
    changes: tuple[tuple[str, str, str], ...]


def history(subject_ids: Iterable[uuid.UUID], *, limit: int = MOST_EVENTS) -> list[Change]:
    """What was done to these rows, the latest first."""
    rows = AuditEvent.objects.filter(subject_id__in=list(subject_ids)).order_by("-at", "-id")
    written = [event for event in rows[: limit * 2] if event.action.rpartition(".")[2] in VERBS]
    return [_change(event) for event in written[:limit]]


def _change(event: AuditEvent) -> Change:
    kind, _, verb = event.action.partition(".")
    noun = NOUNS.get(kind, kind)
    about = event.data.get("alias") or event.data.get("name") or ""
    if kind == "program_rules" and event.data.get("from"):
        about = f"from {_day_words(event.data['from'])}"
    words = f"{noun} {VERBS.get(verb, verb)}" + (f": {about}" if about else "")
    model = apps.get_model(KINDS[kind]) if kind in KINDS else None
    found: Mapping[str, Sequence[str]] = event.data.get("changes", {})
    return Change(event.at, event.actor_label, words, changed_fields(model, found))


def changed_fields(
    model: type[models.Model] | None, found: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, str, str], ...]:
    """(label, old, new) of each changed field in words, in the order of the table."""
    return tuple(
        (field_words(model, name), _shown(model, name, old), _shown(model, name, new))
        for name, (old, new) in sorted(found.items(), key=lambda each: _place(model, each[0]))
    )


def _place(model: type[models.Model] | None, name: str) -> int:
    """Fields in the order of the table, not in that of the stored text."""
    names = [field.name for field in model._meta.local_fields] if model else []
    return names.index(name) if name in names else len(names)


def _day_words(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day:%b} {day.day}, {day.year}"


def field_words(model: type[models.Model] | None, name: str) -> str:
    """A field's label; its name in words where it has none."""
    field: Any = model._meta.get_field(name) if model else None
    text = str(field.verbose_name) if field else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _shown(model: type[models.Model] | None, name: str, value: Any) -> str:
    """A kept value in words: choices by their label, days as people write them."""
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    text = "" if value is None else str(value)
    field: Any = model._meta.get_field(name) if model else None
    known = {str(choice): str(label) for choice, label in getattr(field, "flatchoices", ())}
    return _day_words(text) if isinstance(field, models.DateField) else known.get(text, text)


# What needs a hand -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing of the configuration that a person must mend: about which row, and the sentence."""

    kind: str
    id: uuid.UUID
    about: str
    words: str
    pressing: bool = False


def duties(today: date) -> list[Duty]:
    """What would stop a request, then what will, then what nobody keeps true."""
    rows = program_rows(programs_whole().filter(active=True, payer__active=True), today)
    stopped = [Duty("program", row.program.id, _name(row.program), words, True) for row in rows for words in row.gaps]
    ending = [
        Duty("program", row.program.id, _name(row.program), words) for row in rows for words in _ending(row, today)
    ]
    return [*stopped, *ending, *_playbook_duties(rows, today)]


def _ending(row: ProgramRow, today: date) -> list[str]:
    rules = row.rules
    if rules is None or rules.ends_on is None or rules.ends_on - today > RULES_END_SOON:
        return []
    if any(each.starts_on == rules.ends_on + timedelta(days=1) for each in row.coming):
        return []
    return [f"The rules end on {rules.ends_on:%b} {rules.ends_on.day}, {rules.ends_on.year}, and none follow."]


def _playbook_duties(rows: Sequence[ProgramRow], today: date) -> list[Duty]:
    books = playbooks_listed()
    found = []
    for book in books:
        if not book.owner.active:
            found.append(
                Duty("playbook", book.id, str(book), f"Its owner, {book.owner.label}, has left: name another.")
            )
        if book.needs_review(today):
            found.append(Duty("playbook", book.id, str(book), "It is time to read it again."))
    told = {(book.payer_id, book.program_id) for book in books}
    for row in rows:
        manual = row.rules is not None and row.rules.authorization_workflow == Workflow.MANUAL_PENDING
        program = row.program
        if manual and not {(program.payer_id, program.id), (program.payer_id, None)} & told:
            found.append(Duty("program", program.id, _name(program), "It is worked by hand and has no playbook."))
    return found


def _name(program: Program) -> str:
    return f"{program.payer.name}, {program.name}"
