"""E-mail by SMTP (RFC 5321, RFC 6409): one connection a batch, in a thread of its own, with the standard library.

The password is read from its file with every connection: it may be replaced while we work, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from services.workflow.messages import rules
from services.workflow.messages.outbox.sending import Attempt, ServerAway
from shared.settings import Settings
from shared.statement import Row

# Each answer of the server is waited for so long.
ANSWER_SECONDS = 10.0
NO_ANSWER = "no answer"
# A mailbox that is full or greylisted answers 4xx; everything from here on is for good.
PERMANENT = 500


def letter(row: Row, configured: Settings) -> EmailMessage:
    """A delivery as an e-mail: plain text, and an identifier that is the same however often it is sent."""
    lines: Sequence[dict[str, Any]] = row.content["lines"]
    made = EmailMessage()
    made["From"] = configured.mail_from
    made["To"] = row.address
    made["Subject"] = rules.subject_of(lines, digest=str(row.about).startswith("digest/"))
    made["Date"] = format_datetime(row.made_at)
    made["Message-ID"] = f"<{row.id}@{rules.domain_of(configured.mail_from)}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers
    made.set_content(rules.text_of(lines, configured.public_url))
    return made


class Mail:
    """The mail server of the installation."""

    def __init__(self, configured: Settings) -> None:
        self._configured = configured
        self._server: smtplib.SMTP | None = None

    async def send(self, rows: Sequence[Row], found: dict[Any, Attempt]) -> None:
        """Send e-mails over one connection; what is given up in the middle ends the connection as well.

        Raises
        ------
        ServerAway
            It cannot be reached, ends the connection before it has answered anything, or does not know us.
        """
        try:
            await asyncio.to_thread(self._send, rows, found)
        except asyncio.CancelledError:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        """Wake the thread. Closing would not: it waits for the lock that a reading thread holds, and we for it."""
        sock = None if self._server is None else self._server.sock
        if sock is not None:
            with suppress(OSError):  # it has ended meanwhile
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # below TLS, which would say goodbye first

    def _send(self, rows: Sequence[Row], found: dict[Any, Attempt]) -> None:
        try:
            with self._connected() as server:
                for row in rows:
                    # Until there is an answer: whatever ends the connection, this one is to blame and waits longer.
                    found[row.id] = Attempt("failed", NO_ANSWER)
                    found[row.id] = self._send_one(server, row)
        except smtplib.SMTPAuthenticationError as error:
            raise ServerAway("sign-in refused") from error
        except (smtplib.SMTPException, OSError) as error:  # TLS errors are OSErrors
            # Many servers end a connection after some messages: who has answered any is there, and the rest follows.
            if all(attempt.error == NO_ANSWER for attempt in found.values()):
                raise ServerAway(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        one = self._configured
        assert one.smtp_host is not None  # there is no outbox without
        context = ssl.create_default_context()
        if one.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                one.smtp_host, one.smtp_port, timeout=ANSWER_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(one.smtp_host, one.smtp_port, timeout=ANSWER_SECONDS)
        self._server = server
        try:
            if one.smtp_security == "starttls":
                server.starttls(context=context)
            if one.smtp_user:
                server.login(one.smtp_user, (one.secrets / "smtp.password").read_text().strip())
        except BaseException:
            server.close()
            raise
        return server

    def _send_one(self, server: smtplib.SMTP, row: Row) -> Attempt:
        """One e-mail. A server that is gone ends the batch; a mailbox that is not there ends only this one."""
        try:
            server.send_message(letter(row, self._configured), self._configured.mail_from, [row.address])
        except smtplib.SMTPRecipientsRefused as refused:
            return _judged(next(iter(refused.recipients.values()))[0])
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as refused:
            return _judged(refused.smtp_code)
        except (smtplib.SMTPNotSupportedError, ValueError, UnicodeError) as error:
            return Attempt("refused", type(error).__name__)  # an address this server cannot be told
        return Attempt("sent")


def _judged(code: int) -> Attempt:
    return Attempt("refused" if code >= PERMANENT else "failed", f"answered {code}")
