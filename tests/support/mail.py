"""A real SMTP server on the loopback address that keeps what it receives."""
import email
import email.policy
import re
import time

from aiosmtpd.controller import Controller
from pemsetup.server import HOST, free_port


class Mailbox:
    """``messages`` are `email.message.EmailMessage`, oldest first."""

    def __init__(self):
        self.messages = []
        self.refused = set()
        self.port = free_port()
        self._controller = Controller(self, hostname=HOST, port=self.port)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_error):
        self._controller.stop()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        """Addresses in ``refused`` do not exist."""
        if address in self.refused:
            return '550 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.recipients = envelope.rcpt_tos
        self.messages.append(message)
        return '250 OK'

    def to(self, address):
        """The messages that were delivered to ``address``."""
        return [message for message in self.messages if address in message.recipients]

    def wait(self, address, count=1, timeout=90):
        """The messages to ``address``, once there are ``count`` of them."""
        end = time.monotonic() + timeout
        while len(self.to(address)) < count:
            assert time.monotonic() < end, (
                f'{count} message(s) to {address} did not come within {timeout} s; the mailbox has '
                f'{len(self.messages)}, to {sorted({recipient for message in self.messages for recipient in message.recipients})[:10]}')
            time.sleep(0.1)
        return self.to(address)

    def wait_for_all(self, count, subject, timeout=120):
        """The messages with ``subject`` in theirs, once there are exactly ``count``, and no further one for a moment."""
        def found():
            return [message for message in self.messages if subject in str(message['Subject'])]

        end = time.monotonic() + timeout
        while len(found()) < count:
            assert time.monotonic() < end, f'{len(found())} of {count} messages came within {timeout} s'
            time.sleep(0.2)
        time.sleep(1)
        assert len(found()) == count, f'{len(found())} messages came instead of {count}'
        return found()


def links(message):
    """The addresses linked in a message's HTML part."""
    body = message.get_body(('html',))
    return [link.replace('&amp;', '&') for link in re.findall(r'href="(http[^"]+)"', body.get_content())] if body else []
