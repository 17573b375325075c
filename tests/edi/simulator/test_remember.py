"""What the payer took it keeps: repeats, restarts, lost replies, pickup, ledger."""

from __future__ import annotations

import hashlib
import http.client
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.edi.simulator.conftest import ROOT, StartPayer, picked_up
from tests.edi.simulator.test_answer import decision
from tests.edi.simulator.wire import Partner, http_call, interchange, numbers, request, transaction, wire


def effects(partner: Partner) -> int:
    return sum(row["effect"] for row in partner.ledger())


def test_the_same_bytes_twice_are_one_effect_and_one_reply(partner: Partner) -> None:
    raw = wire(partner.envelope(request("H2019")))
    first, second = partner.send_bytes(raw), partner.send_bytes(raw)
    assert second.body == first.body
    assert [(row["effect"], row["repeat"]) for row in partner.ledger()] == [(True, False), (False, True)]


def test_the_same_bytes_at_the_same_time_are_one_effect(partner: Partner) -> None:
    raw = wire(partner.envelope(request("H2019")))
    with ThreadPoolExecutor(8) as pool:
        bodies = {reply.body for reply in pool.map(partner.send_bytes, [raw] * 16)}
    assert len(bodies) == 1
    assert (effects(partner), len(partner.ledger())) == (1, 16)


def test_other_bytes_under_the_same_number_are_refused(partner: Partner) -> None:
    isa13 = next(numbers)
    first = interchange(transaction(request("H2019")), sender=partner.sender, isa13=isa13)
    other = interchange(transaction(request("H2014")), sender=partner.sender, isa13=isa13)
    accepted = partner.send_bytes(wire(first))
    assert partner.send_bytes(wire(other)).acknowledgement.one("TA1")[4:] == ["R", "025"]
    assert partner.send_bytes(wire(first)).body == accepted.body
    assert effects(partner) == 1


def test_another_sender_may_use_the_same_number(partner: Partner, rival: Partner) -> None:
    isa13 = next(numbers)
    for sender in (partner, rival):
        segments = interchange(transaction(request("H2019")), sender=sender.sender, isa13=isa13)
        assert sender.send_bytes(wire(segments)).acknowledgement.one("IK5")[1] == "A"


def test_a_refused_request_sent_again_gets_the_same_refusal(partner: Partner) -> None:
    raw = wire(partner.envelope(request("H2019")[:-1]))
    assert partner.send_bytes(raw).body == partner.send_bytes(raw).body
    assert effects(partner) == 0


def test_an_untaken_answer_is_offered_again(partner: Partner) -> None:
    partner.ask("T2010")
    first, second = partner.waiting(), partner.waiting()
    assert first == second
    assert len(first) == 1
    assert partner.take(first[0]["id"]) == 204
    assert partner.take(first[0]["id"]) == 204
    assert partner.waiting() == []


def test_an_answer_waits_for_its_own_receiver_only(partner: Partner, rival: Partner) -> None:
    partner.ask("T2010")
    assert rival.waiting() == []
    assert len(partner.waiting()) == 1


def test_the_outbox_offers_no_more_than_asked(partner: Partner) -> None:
    for _ in range(3):
        partner.ask("T2010")
    two = partner.get(f"/x12/outbox?receiver={partner.sender}&limit=2")
    assert [item["id"] for item in two] == [item["id"] for item in partner.waiting()[:2]]


def test_what_is_not_due_cannot_be_taken(partner: Partner) -> None:
    partner.ask("T2010")
    last = partner.waiting()[0]["id"]
    partner.ask("T2007")
    assert partner.take(last + 1) == 404
    assert partner.take(10**12) == 404


def test_a_killed_payer_loses_no_pending_answer(start_payer: StartPayer) -> None:
    payer = start_payer("--delay", "0.5")
    partner = payer.partner()
    raw = wire(partner.envelope(request("E0601", reference="KEPT")))
    before = partner.send_bytes(raw)
    payer.kill()
    payer.start()
    again = Partner(payer.url, partner.sender)
    assert again.send_bytes(raw).body == before.body
    (answer,) = picked_up(again)
    assert answer.one("BHT")[3] == "KEPT"
    assert [(row["effect"], row["repeat"]) for row in again.ledger()] == [(True, False), (False, True)]


def test_a_killed_payer_keeps_its_cases_and_numbers(start_payer: StartPayer) -> None:
    payer = start_payer()
    partner = payer.partner()
    first = partner.ask("H2019").answer
    payer.kill()
    payer.start()
    again = Partner(payer.url, partner.sender)
    number = first.all("HCR")[0][2]
    cancelled = again.ask(purpose="3", extra=(f"REF*BB*{number}",)).answer
    assert cancelled.one("HCR")[1:] == ["C", number]
    assert int(cancelled.one("ISA")[13]) > int(first.one("ISA")[13])
    assert again.ask("H2019").answer.all("HCR")[0][2] != number


def test_a_lost_reply_waits_for_the_same_bytes(partner: Partner) -> None:
    raw = wire(partner.envelope(request("T2019")))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        partner.send_bytes(raw)
    assert effects(partner) == 1
    reply = partner.send_bytes(raw)
    assert decision(reply.answer.level("EV")) == ["A1"]
    assert effects(partner) == 1


def test_a_hanging_payer_kept_nothing(partner: Partner) -> None:
    raw = wire(partner.envelope(request("T2020")))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        partner.send_bytes(raw)
    assert effects(partner) == 0
    assert decision(partner.send_bytes(raw).answer.level("EV")) == ["A1"]


@pytest.mark.parametrize(("code", "status", "kind"), [("T2018", 500, "text/plain"), ("T2024", 200, "text/html")])
def test_a_payer_that_failed_once_takes_the_same_bytes(partner: Partner, code: str, status: int, kind: str) -> None:
    raw = wire(partner.envelope(request(code)))
    failed = partner.send_bytes(raw)
    assert (failed.status, failed.content_type) == (status, kind)
    assert effects(partner) == 0
    assert decision(partner.send_bytes(raw).answer.level("EV")) == ["A1"]
    assert effects(partner) == 1


def test_the_ledger_tells_what_was_received(partner: Partner) -> None:
    raw = wire(partner.envelope(request("H2019", "T1019", reference="TOLD")))
    partner.send_bytes(raw)
    (row,) = partner.ledger()
    assert row["sender"] == partner.sender
    assert row["isa13"] == raw.decode().split("*")[13]
    assert row["sha256"] == hashlib.sha256(raw).hexdigest()
    assert row["bht03s"] == ["TOLD"]
    assert row["trns"] == ["TOLD-T", "TOLD-1", "TOLD-2"]
    assert row["scenario"] == ["approved", "denied"]
    assert (row["kind"], row["verdict"], row["effect"], row["repeat"]) == ("278", "999 A", True, False)
    assert partner.get(f"/ledger?sender={partner.sender}&after={row['id']}") == []


def test_other_requests_get_a_plain_word(partner: Partner) -> None:
    assert partner.get("/health") == {"status": "ok"}
    assert partner.send_bytes(b"hello").status == 400
    assert partner.send_bytes(b"").status == 400
    assert http_call(partner.url, "POST", "/x12", b"ISA", "text/plain").status == 415
    assert http_call(partner.url, "GET", "/x12/outbox").status == 400
    assert http_call(partner.url, "GET", "/nothing").status == 404
    assert http_call(partner.url, "POST", "/nothing", b"").status == 404


def test_a_message_beyond_the_limit_is_refused_unread(partner: Partner) -> None:
    connection = http.client.HTTPConnection(urlsplit(partner.url).netloc, timeout=5)
    connection.putrequest("POST", "/x12")
    connection.putheader("Content-Type", "application/edi-x12")
    connection.putheader("Content-Length", str(25 * 1024 * 1024 + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_port_in_use_is_one_clear_sentence(start_payer: StartPayer, tmp_path: Path) -> None:
    port = start_payer().url.rpartition(":")[2]
    command = [sys.executable, "-m", "edi.simulator", "--port", port, "--data", f"{tmp_path}/second"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("The payer simulator cannot start: ")
    assert ended.stderr.count("\n") == 1
