"""Numbers of an audit: levels, handling and referrals, by month and by year in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from psychagent.domain.risk.finding import About, Classifier, Handling
from psychagent.evals.safety.audit_counts import AuditSummary, summarize
from psychagent.records.audit.file import FileAudit, read_audit
from tests.support.audits import finding_of, turn_of

TIMES = ("2026-12-31T23:59", "2027-01-01T00:00", "2027-01-15T12:00", "2027-03-02T12:00", "2027-03-03T12:00")


def two_years(path: Path) -> AuditSummary:
    """Leave five events at the turn of a year, one course begun again among them."""
    times = iter([datetime.fromisoformat(time).replace(tzinfo=UTC) for time in (*TIMES, TIMES[-1])])
    audit = FileAudit(path, clock=lambda: next(times))
    audit.add(turn_of(1), finding_of(3, handling=Handling.TAKEOVER), model="")
    audit.add(turn_of(3), finding_of(2, handling=Handling.CARD, about=About.OTHERS), model="")
    audit.add(turn_of(5), finding_of(1, handling=Handling.NOTE, classifier=Classifier.OK), model="")
    failed = finding_of(0, handling=Handling.NONE, about=About.NONE, classifier=Classifier.FAILED)
    audit.add(turn_of(1, subject="cbt/en02"), failed, model="")
    audit.add_help(turn_of(3, subject="cbt/en03"))
    audit.restart("cbt/en02")
    return summarize(read_audit(path))


def test_all_lines_are_counted_and_each_in_its_month(tmp_path: Path) -> None:
    counted = two_years(tmp_path / "a")
    assert list(counted.months) == ["2026-12", "2027-01", "2027-03"]
    total = counted.total
    assert (total.findings, total.subjects, total.help) == (4, 3, 1)
    assert total.levels == {"0": 1, "1": 1, "2": 1, "3": 1}
    assert total.about == {"none": 1, "self": 2, "others": 1, "harmed": 0, "child": 0, "drink": 0}
    assert total.handling == {"none": 1, "note": 1, "card": 1, "takeover": 1}
    assert total.classifier == {"off": 2, "spared": 0, "ok": 1, "failed": 1}
    assert [month.findings for month in counted.months.values()] == [1, 2, 1]
    assert [month.subjects for month in counted.months.values()] == [1, 1, 2]


def test_referrals_are_cards_takeovers_and_help_that_was_asked_for(tmp_path: Path) -> None:
    counted = two_years(tmp_path / "a")
    assert counted.total.referrals == 3
    assert [month.referrals for month in counted.months.values()] == [1, 1, 1]


def test_a_gate_that_only_watches_has_referred_nobody(tmp_path: Path) -> None:
    audit = FileAudit(tmp_path / "a")
    audit.add(turn_of(1), finding_of(3, handling=Handling.NONE), model="")
    total = summarize(read_audit(tmp_path / "a")).total
    assert (total.levels["3"], total.referrals) == (1, 0)


def test_a_year_is_counted_alone(tmp_path: Path) -> None:
    two_years(tmp_path / "a")
    lines = read_audit(tmp_path / "a")
    counted = summarize(lines, 2027)
    assert counted.year == 2027
    assert list(counted.months) == ["2027-01", "2027-03"]
    assert counted.total.referrals == 2
    assert summarize(lines, 2026).total.referrals == 1
    assert summarize(lines, 2025).months == {}


def test_no_line_gives_zeros(tmp_path: Path) -> None:
    counted = summarize([])
    assert counted.months == {}
    assert counted.total.findings == counted.total.referrals == 0
    assert set(counted.total.levels.values()) == {0}
