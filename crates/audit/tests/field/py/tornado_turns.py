"""What one loop serves: nobody comes between two steps that do not wait."""

import asyncio

from tornado.websocket import WebSocketHandler


class Channels(WebSocketHandler):
    _open_sessions: dict = {}

    def disconnect(self):  # unshown
        if self._open_sessions.get(self.session_key) is self:
            self._open_sessions.pop(self.session_key)

    async def give_up(self):  # race
        if self._open_sessions.get(self.session_key) is self:
            await asyncio.sleep(1)
            self._open_sessions.pop(self.session_key)

    def take_over(self):
        self._open_sessions[self.session_key] = self
