"""What the counselor's head may take, in estimated tokens."""

from __future__ import annotations

COUNSELOR_HEAD, COUNSELOR_HEAD_WITH_MEMORY = 930, 1800
DANGER_ON_RECORD = 12
"""What a danger on record may add in a last session, which says most; in others it keeps the budget."""
