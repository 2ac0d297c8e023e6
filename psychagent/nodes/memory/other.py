"""The memory of another client, from a finished run: a control that tells whether its content matters."""

from __future__ import annotations

from functools import cache

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language
from psychagent.domain.memory import ClientFile, Memory
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.errors import RecordError, SettingsError
from psychagent.nodes.deps import OtherClient
from psychagent.records.folder import CaseFolder, RunFolder, case_folders

_HOW = "name a finished run with memory 'file' in the same language"


def open_other(baseline: BaselineSettings, language: Language) -> OtherClient | None:
    """Open the run that another client's memory is taken from; None where each client has its own.

    Raises:
        SettingsError: If it is no run, or one that kept no client files, or one in another language.
    """
    if baseline.memory_from is None:
        return None
    try:
        folder = RunFolder.of(baseline.memory_from)
        settings = folder.manifest().settings
    except RecordError as error:
        raise SettingsError(f"memory_from: {error}; {_HOW}") from error
    kept, spoken = settings.baseline.memory, settings.runtime.world.language
    if kept is not MemoryKind.FILE:
        raise SettingsError(f"memory_from: {folder.path} was made with memory {str(kept)!r}; {_HOW}")
    if spoken is not language:
        raise SettingsError(
            f"memory_from: {folder.path} is in {spoken.value!r}, this run in {language.value!r}; {_HOW}"
        )

    @cache
    def after(modality: str, case_id: str, sessions: int) -> Memory:
        return _memory_after(_next_case(folder, modality, case_id), sessions)

    return lambda case, sessions: after(case.modality.value, case.case_id, sessions)


def _next_case(folder: RunFolder, modality: str, case_id: str) -> CaseFolder:
    """Return the next client of the same modality in the order of ids, after the last one the first.

    A course that is not finished is passed over: it may go on, and its memory change.
    """
    others = [
        place
        for place in case_folders(folder.path, [modality])
        if place.case_id != case_id and _is_finished(place)
    ]
    if not others:
        raise SettingsError(
            f"memory_from: {folder.path} holds no finished course of another {modality} client than "
            f"{case_id!r}; name a run with at least two clients of each modality"
        )
    return next((place for place in others if place.case_id > case_id), others[0])


def _is_finished(place: CaseFolder) -> bool:
    try:
        return place.course().finished and bool(place.session_files())
    except RecordError:
        return False


def _memory_after(place: CaseFolder, sessions: int) -> Memory:
    """Build a client's memory after some sessions, or after its last one where it has fewer.

    Raises:
        SettingsError: If a file of these sessions cannot be used.
    """
    try:
        records = [file.read() for file in place.session_files()[:sessions]]
        summaries = tuple(record.typed_summary() for record in records)
    except RecordError as error:
        raise SettingsError(f"memory_from: {error}; {_HOW}") from error
    return Memory(
        client_file=(records[-1].client_file if records else None) or ClientFile(),
        summaries=summaries,
        homework=summaries[-1].homework if summaries else (),
    )
