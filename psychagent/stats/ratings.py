"""Ratings as agreement is computed from them; needs no extra, so that readers of ratings can name them."""

from __future__ import annotations

from collections.abc import Mapping

Unit = tuple[str, ...]
"""What is rated, such as (dialogue, dimension)."""
Ratings = Mapping[str, Mapping[Unit, float]]
"""Scores by rater and unit; a unit that a rater did not rate is absent."""
