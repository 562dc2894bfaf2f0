"""E-mail: to those who asked for it, once each, and whatever the mail server does."""

import asyncio
from datetime import timedelta

import pytest

from services.workflow.messages import jobs
from services.workflow.messages.outbox import repository
from services.workflow.messages.outbox.sending import LEASE
from shared import clock as shared_clock
from tests.smtp import MailServer, mail_server
from tests.workflow.mailing import MONDAY, installed, pass_time, something_to_do
from tests.workflow.messaging import authority, begin, outbox, prefer, told
from tests.workflow.world import World

# -- unhappy ways --


async def test_a_server_that_is_down_for_a_day_holds_up_nothing_else_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_clock.use(lambda: MONDAY)
    async with mail_server() as gone:
        port = gone.port
    installed(monkeypatch, port)
    await begin(world)
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world)
    for _ in range(24):
        await jobs.send_mail(world.engine)
        pass_time(timedelta(hours=1))
    await something_to_do(world, "排污许可")
    assert len(await told(world, "牵头甲")) == 2, "the feed does not wait for the mail server"
    assert {(row.state, row.attempts) for row in await outbox(world, person.account_id)} == {("waiting", 0)}
    async with mail_server(port=port) as server:
        pass_time(timedelta(minutes=2))
        await jobs.send_mail(world.engine)
        await jobs.send_mail(world.engine)
        assert len(server.to("a@qx.test")) == 2
    assert {row.state for row in await outbox(world, person.account_id)} == {"sent"}


async def test_what_is_no_news_any_more_is_given_up(world: World, mail: MailServer) -> None:
    shared_clock.use(lambda: MONDAY)
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    mail.answers["a@qx.test"] = "450 try again"
    await something_to_do(world)
    for _ in range(40):
        await jobs.send_mail(world.engine)
        pass_time(timedelta(hours=2))
    (row,) = await outbox(world, person.account_id)
    assert (row.state, mail.taken) == ("failed", [])
    assert 10 < row.attempts < 40
    assert len(await told(world, "牵头甲")) == 1


async def test_a_mailbox_that_is_not_there_ends_its_own_mail_alone(
    world: World, mail: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = await authority(world, "牵头甲")
    await authority(world, "牵头乙")
    await prefer(world, "牵头甲", "nobody@qx.test", "each")
    await prefer(world, "牵头乙", "b@qx.test", "each")
    mail.answers["nobody@qx.test"] = "550 unknown"
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    await jobs.send_mail(world.engine)
    (row,) = await outbox(world, nobody.account_id)
    assert (row.state, row.error, row.attempts) == ("failed", "answered 550", 1)
    assert len(mail.to("b@qx.test")) == 1
    said = "".join(capsys.readouterr())
    assert "nobody@qx.test" not in said
    assert "b@qx.test" not in said


async def test_who_wants_no_more_mail_or_has_left_gets_none(world: World, mail: MailServer) -> None:
    left = await authority(world, "牵头甲")
    tired = await authority(world, "牵头乙")
    for who in ("牵头甲", "牵头乙"):
        await prefer(world, who, "x@qx.test", "each")
    await something_to_do(world)
    await world.run("UPDATE qingdan.account SET active = false WHERE id = :id", id=left.account_id)
    await prefer(world, "牵头乙", None, "off")
    await jobs.send_mail(world.engine)
    assert mail.taken == []
    for person in (left, tired):
        assert [row.state for row in await outbox(world, person.account_id)] == ["dropped"]


async def test_two_senders_send_each_once(world: World, mail: MailServer) -> None:
    for number in range(20):
        await authority(world, f"牵头{number}")
        await prefer(world, f"牵头{number}", f"p{number}@qx.test", "each")
    await something_to_do(world)
    await asyncio.gather(*(jobs.send_mail(world.engine) for _ in range(3)))
    assert sorted(message["To"] for message in mail.taken) == sorted(f"p{number}@qx.test" for number in range(20))


async def test_a_sender_that_was_killed_gives_its_mail_up_with_its_lease(world: World, mail: MailServer) -> None:
    shared_clock.use(lambda: MONDAY)
    await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world)
    async with world.engine.begin() as connection:
        taken = await repository.take(connection, "email", now=MONDAY, until=MONDAY + LEASE, limit=10)
    assert len(taken) == 1
    await jobs.send_mail(world.engine)
    assert mail.taken == [], "it is another's for the time being"
    pass_time(LEASE)
    await jobs.send_mail(world.engine)
    assert len(mail.taken) == 1


# -- as it should be --


async def test_an_email_names_kind_number_and_day_and_nothing_of_the_entry(world: World, mail: MailServer) -> None:
    await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world, "保密工程审批")
    await jobs.send_mail(world.engine)
    (message,) = mail.taken
    text = message.get_content()
    assert message["Subject"] == "新的待办：联动事项 1 项"
    assert (message["From"], message["Auto-Submitted"]) == ("list@qx.test", "auto-generated")
    assert "https://lists.qx.test" in text
    assert "保密工程" not in message.as_string() + text
    assert "保密工程审批" in (await told(world, "牵头甲"))[0]["text"], "inside it does"


async def test_a_digest_is_sent_once_a_day_at_its_hour_with_what_is_unread(world: World, mail: MailServer) -> None:
    shared_clock.use(lambda: MONDAY)
    await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "digest", digest_hour=8)
    for name in ("甲许可", "乙许可"):
        await something_to_do(world, name)

    async def look() -> None:
        await jobs.write_digests(world.engine)
        await jobs.send_mail(world.engine)

    await look()
    assert mail.taken == [], "before its hour"
    pass_time(timedelta(hours=1))
    await look()
    await look()
    (message,) = mail.taken
    assert message["Subject"] == "待办提醒汇总：2 项"
    assert "新的待办：联动事项 2 项" in message.get_content()
    pass_time(timedelta(days=1))
    await look()
    assert len(mail.taken) == 1, "nothing new"
    await something_to_do(world, "丙许可")
    await something_to_do(world, "丁许可")
    (unread, *_) = await told(world, "牵头甲", "&unread=true")
    await world.call("牵头甲", "POST", "/workflow/v1/messages/read", {"ids": [unread["id"]]})
    pass_time(timedelta(days=3))
    await look()
    assert [message["Subject"] for message in mail.taken[1:]] == ["待办提醒汇总：1 项"], "what was read is left out"


async def test_without_a_mail_server_nothing_is_written_for_one(world: World) -> None:
    await begin(world)
    person = await authority(world, "牵头甲")
    await prefer(world, "牵头甲", "a@qx.test", "each")
    await something_to_do(world)
    await jobs.send_mail(world.engine)
    await jobs.write_digests(world.engine)
    assert await outbox(world, person.account_id) == []
