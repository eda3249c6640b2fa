"""A mail server on the loopback address that keeps each message as a file, so that a demo sends nothing into the world."""
import itertools
import time

from aiosmtpd.controller import Controller

from .server import HOST, free_port


class Folder:
    """Messages are written to ``folder``, which is made when the first one comes."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._controller = Controller(self, hostname=HOST, port=self.port)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_error):
        self._controller.stop()

    async def handle_DATA(self, _server, _session, envelope):
        self.folder.mkdir(parents=True, exist_ok=True)
        recipient = ''.join(letter for letter in envelope.rcpt_tos[0] if letter.isalnum() or letter in '@.-_')
        name = f'{time.strftime("%Y%m%d-%H%M%S")}-{next(self._numbers):04}-{recipient[:80]}.eml'
        (self.folder / name).write_bytes(envelope.original_content)
        return '250 OK'
