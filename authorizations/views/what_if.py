"""The what-if panel of the Utilization tab: numbers that change without anything being saved (requirements N4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from authorizations.asked import plain_number
from authorizations.models import Authorization
from authorizations.views.asking import day_input
from authorizations.views.lines import Use
from web.forecast import WEEK, WhatIf, what_if

CHANGEABLE = ("weekly", "until", "total")
LONGEST = timedelta(days=3660)


class WhatIfForm(forms.Form):
    """Other numbers for one line; what is left empty stays as it is."""

    weekly = forms.DecimalField(label="A week", required=False, min_value=0, max_digits=9, decimal_places=3)
    until = forms.DateField(label="Last day", required=False, widget=day_input())
    total = forms.DecimalField(label="Approved", required=False, min_value=0, max_digits=9, decimal_places=3)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["auto_id"] = "what_if_%s"
        super().__init__(*args, **kwargs)
        self.today = today
        for name in ("weekly", "total"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and not self.today <= day <= self.today + LONGEST:
            raise forms.ValidationError("Give a day from today on, within ten years.")
        return day


@dataclass(frozen=True, slots=True)
class Panel:
    """The form, what stands and what would be; `more_address` and `amend_address` carry what would be missing."""

    form: WhatIfForm
    now: WhatIf
    then: WhatIf | None
    line: int
    more_address: str
    amend_address: str


def panel(case: Authorization, use: Use, asked: Mapping[str, str], today: date) -> Panel | None:
    """The panel of a line that is counted to a last day; None for any other."""
    balance = use.line.balance
    if not balance.approved or balance.ends_on is None or balance.ends_on < today:
        return None
    pace = use.forecast.weekly if use.forecast else Decimal(0)
    exact = use.forecast.per_day * WEEK if use.forecast else Decimal(0)
    now = replace(what_if(balance.used, exact, balance.approved, today, balance.ends_on), weekly=pace)
    given = {name: asked[name] for name in CHANGEABLE if asked.get(name)}
    start = {"weekly": plain_number(pace), "until": balance.ends_on.isoformat(), "total": plain_number(now.total)}
    form = WhatIfForm({**start, **given}, today=today)
    then = None
    if form.is_valid() and given:
        cleaned = form.cleaned_data
        then = what_if(balance.used, cleaned["weekly"], cleaned["total"], today, cleaned["until"])
    return Panel(form, now, then, balance.number, *_addresses(case, balance.number, balance.approved, then))


def _addresses(case: Authorization, line: int, approved: Decimal, then: WhatIf | None) -> tuple[str, str]:
    """Where more is asked for, with the number that would be missing filled in."""
    more = reverse("authorization_more_units", args=[case.id])
    amend = reverse("authorization_amend", args=[case.id])
    if then is None:
        return more, amend
    wanted = {"line": line, "total": _whole(then.needed), "until": then.ends_on.isoformat()}
    missing = then.needed - approved
    known = {"line": line, **({"quantity": _whole(missing)} if missing > 0 else {})}
    return f"{more}?{urlencode(known)}", f"{amend}?{urlencode(wanted)}"


def _whole(value: Decimal) -> str:
    return str(int(value.to_integral_value(rounding=ROUND_CEILING)))
