"""The script as the client after a session: which of its lines it told, and its last words."""

from __future__ import annotations

import json

from psychagent.offline.client_words import is_stock
from psychagent.offline.quotes import quote_of
from psychagent.offline.scene import Scene

_MOST_SAID = 3


def play_recall(scene: Scene) -> str:
    """Find the lines that were spoken; the script says its lines as they stand, and invents no detail."""
    lines, spoken = list(scene.value("untold", [])), " ".join(scene.value("said", []))
    own = [text for text in scene.value("said", []) if not is_stock(scene.lines, text)]
    besides = [quote_of(text) for text in own if not any(line in text for line in lines)]
    reply = {
        "told": [number for number, line in enumerate(lines, start=1) if line in spoken],
        "said": besides[:_MOST_SAID],
        "agreed": [],
        "held_back": [],
        "details": [],
        "left": quote_of(own[-1]) if own else "",
    }
    return json.dumps(reply, ensure_ascii=False)
