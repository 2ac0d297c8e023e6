"""Notes shown wherever a script took the place of a language model, worded once for all files and pages."""

from __future__ import annotations

JUDGED_BY_SCRIPT = (
    "Judged by a script that counts words and understands nothing: the numbers show how the system works "
    "and mean nothing beyond that."
)
"""For scores whose judge is a script, whoever spoke."""
MADE_WITH_SCRIPT = (
    "Made with the offline script, which is no language model: it shows how the system works and says "
    "nothing about counseling."
)
"""For words in which a script had a part, whoever judged them."""
NUMBERS_OF_SCRIPT = "Made with a script: these numbers are not a result."
"""One line for a terminal, below numbers."""
WORDS_OF_SCRIPT = "Made with a script: no language model wrote these words."
"""One line for a terminal, below training data."""
