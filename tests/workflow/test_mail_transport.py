"""The way to the mail server: encrypted, signed in, encoded, and whatever the server does, nothing waits for it."""

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from services.workflow.messages import jobs
from services.workflow.messages.outbox import mail as mail_module
from services.workflow.messages.outbox import sending
from shared import clock as shared_clock
from shared import settings
from tests.publish.test_webhook_connection import certified
from tests.smtp import MailServer, mail_server
from tests.workflow.mailing import MONDAY, installed, pass_time, signed_in_server, something_to_do
from tests.workflow.messaging import authority, begin, outbox, prefer
from tests.workflow.world import World

# What an e-mail has, and nothing else.
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
    "MIME-Version",
}  # fmt: skip


async def test_a_connection_that_ends_after_the_message_sends_it_again_under_the_same_identifier(
    world: World, mail: MailServer
) -> None:
    shared_clock.use(lambda: MONDAY)
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    mail.drop_after = 1
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    pass_time(timedelta(minutes=2))
    await jobs.send_mail(world.engine)
    first, second = mail.to("a@qx.test")
    (row,) = await outbox(world, person.account_id)
    assert first["Message-ID"] == second["Message-ID"] == f"<{row.id}@qx.test>"
    assert row.state == "sent"


async def test_a_server_that_ends_the_connection_after_some_messages_gets_the_rest_at_once(
    world: World, mail: MailServer
) -> None:
    shared_clock.use(lambda: MONDAY)
    addresses = [f"p{number}@qx.test" for number in range(5)]
    for number, address in enumerate(addresses):
        await authority(world, f"牵头{number}")
        await prefer(world, f"牵头{number}", address, "each")
    mail.drop_after = 3
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    assert all(len(mail.to(address)) == 1 for address in addresses), "without another minute"
    pass_time(timedelta(minutes=2))
    await jobs.send_mail(world.engine)
    assert sorted(len(mail.to(address)) for address in addresses) == [1, 1, 1, 1, 2], "one was never answered for"


async def test_a_server_that_never_answers_for_one_mailbox_holds_up_no_other(
    world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "ANSWER_SECONDS", 0.3)
    shared_clock.use(lambda: MONDAY)
    stuck = await authority(world, "牵头甲")
    await authority(world, "牵头乙")
    await prefer(world, "牵头甲", "stuck@qx.test", "each")
    await prefer(world, "牵头乙", "b@qx.test", "each")
    mail.silent_to.add("stuck@qx.test")
    await something_to_do(world)
    for _ in range(2):
        await jobs.send_mail(world.engine)
        pass_time(timedelta(minutes=2))
    assert len(mail.to("b@qx.test")) == 1
    (row,) = await outbox(world, stuck.account_id)
    assert row.state == "waiting"
    mail.silent_to.clear()
    pass_time(timedelta(hours=1))
    await jobs.send_mail(world.engine)
    assert len(mail.to("stuck@qx.test")) == 1
    assert len(mail.to("b@qx.test")) == 1


async def test_a_batch_that_takes_too_long_is_given_up_and_sent_again_under_the_same_identifiers(
    world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH_SECONDS", 0.3)
    shared_clock.use(lambda: MONDAY)
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "slow@qx.test", "each")
    mail.silent_to.add("slow@qx.test")
    await something_to_do(world)
    await asyncio.wait_for(jobs.send_mail(world.engine), timeout=5)
    (row,) = await outbox(world, person.account_id)
    assert (row.state, mail.taken) == ("waiting", [])
    mail.silent_to.clear()
    pass_time(timedelta(hours=1))
    await jobs.send_mail(world.engine)
    assert [message["Message-ID"] for message in mail.taken] == [f"<{row.id}@qx.test>"]


@pytest.mark.parametrize("answer", ["535 who are you", "454 not now"])
async def test_a_server_that_refuses_our_sign_in_is_away_and_nothing_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    async with signed_in_server(world, monkeypatch, tmp_path) as server:
        person = await authority(world, "牵头甲")
        await prefer(world, "牵头甲", "a@qx.test", "each")
        await something_to_do(world)
        server.sign_in = answer
        await jobs.send_mail(world.engine)
        (row,) = await outbox(world, person.account_id)
        assert (row.state, row.attempts, server.taken) == ("waiting", 0, [])


@pytest.mark.parametrize("line", ["\r\nBcc: thief@evil.test", "\nX-Injected: 1", "\r\n.\r\nMAIL FROM:<x@evil.test>"])
async def test_what_stands_in_a_title_becomes_no_header_and_no_command(
    world: World, mail: MailServer, line: str
) -> None:
    await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world, f"环评审批{line}")
    await jobs.send_mail(world.engine)
    (message,) = mail.taken
    assert set(message.keys()) == HEADERS
    assert (message["To"], mail.verbs.count("MAIL"), mail.verbs.count("RCPT")) == ("a@qx.test", 1, 1)
    assert b"evil" not in mail.raw[0]
    assert b"Injected" not in mail.raw[0]


async def test_headers_and_text_are_encoded_so_that_every_server_takes_them(world: World, mail: MailServer) -> None:
    """RFC 2047 for the subject, RFC 2045 for the text: nothing but ASCII on the wire, no line longer than 998."""
    await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    (raw,) = mail.raw
    assert raw.isascii()
    assert re.search(rb"^Subject: =\?utf-8\?[bq]\?", raw, re.MULTILINE | re.IGNORECASE)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    (message,) = mail.taken
    assert str(make_header(decode_header(message_from_bytes(raw)["Subject"]))) == message["Subject"]
    assert message["Subject"] == "新的待办：联动事项 1 项"


async def test_signing_in_waits_until_the_connection_is_encrypted(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with signed_in_server(world, monkeypatch, tmp_path) as server:
        await authority(world, "牵头甲")
        await prefer(world, "牵头甲", "a@qx.test", "each")
        await something_to_do(world)
        await jobs.send_mail(world.engine)
    assert server.credentials == "list not-for-logs"
    assert len(server.taken) == 1
    assert server.verbs[:5] == ["EHLO", "STARTTLS", "tls EHLO", "tls AUTH", "tls MAIL"]


async def test_a_server_without_encryption_is_told_nothing_where_it_is_asked_for(
    world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, mail.port, smtp_security="starttls")
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    assert {"MAIL", "AUTH", "DATA"}.isdisjoint(mail.verbs)
    (row,) = await outbox(world, person.account_id)
    assert row.state == "waiting"


async def test_the_password_comes_from_its_file_and_travels_encrypted(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server_side, _ = certified(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "smtp.password").write_text("not-for-logs\n")
    await world.run("DELETE FROM qingdan.message_delivery")
    async with mail_server(server_side) as server:
        installed(
            monkeypatch, server.port, smtp_host="localhost", smtp_security="tls", smtp_user="list",
            secrets_dir=secrets,
        )  # fmt: skip
        await begin(world)
        await authority(world, "牵头甲")
        await prefer(world, "牵头甲", "a@qx.test", "each")
        await something_to_do(world)
        await jobs.send_mail(world.engine)
    assert server.credentials == "list not-for-logs"
    assert len(server.taken) == 1


def test_a_password_is_never_sent_in_the_clear() -> None:
    with pytest.raises(ValueError, match="smtp_user"):
        settings.Settings(smtp_host="mail", smtp_user="list", smtp_security="none")
