"""Calls that are made side by side for one session: none of them is lost because another fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from psychagent.domain.call import WHOLE_SESSION, CallId, Place
from psychagent.errors import CallError


@dataclass
class SideBySide:
    """The calls under way for sessions as a whole, such as summary and client file."""

    _under_way: dict[Place, set[asyncio.Event]] = field(default_factory=dict)
    """The ends of these calls."""

    @asynccontextmanager
    async def calling(self, call: CallId | None) -> AsyncIterator[None]:
        """Hold an error of a call back until the calls beside it have come in.

        A graph cancels whatever runs beside a node that fails; what is in flight there is paid for, and
        would be neither counted nor kept.
        """
        if call is None or call.place.rollout != WHOLE_SESSION:
            yield
            return
        others, mine = self._under_way.setdefault(call.place, set()), asyncio.Event()
        others.add(mine)
        try:
            yield
        except CallError:
            mine.set()
            for other in list(others):
                await other.wait()
            raise
        finally:
            mine.set()
            others.discard(mine)
            if not others:
                self._under_way.pop(call.place, None)
