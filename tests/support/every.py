"""The closed sets that many tests go through, one by one."""

from __future__ import annotations

from psychagent.domain.base import Language, Modality

LANGUAGES = list(Language)
MODALITIES = list(Modality)
