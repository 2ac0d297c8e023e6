"""The embedder that the settings name, for the commands that search or measure."""

from __future__ import annotations

import os

import httpx

from psychagent.cli.options import SkillSettings
from psychagent.flows.live import require_key
from psychagent.skills.embed import Embedder, build_embedder


def build_configured(settings: SkillSettings, client: httpx.AsyncClient) -> Embedder:
    """Build the embedder of the settings, with its key from the environment."""
    key = require_key(settings.embedding.api_key_env, os.environ)
    return build_embedder(settings.embedding, key=key, client=client)
