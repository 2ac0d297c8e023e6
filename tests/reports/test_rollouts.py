from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.prices import Prices
from psychagent.domain.rollout import Rollout
from psychagent.domain.usage import RoleUsage, Usage
from psychagent.errors import RecordError
from psychagent.files.write import write_json
from psychagent.records.manifest import Manifest, RunSettings
from psychagent.reports.page.blocks import Cards, Gallery, Notice, Table, Text, number, signed
from psychagent.reports.rollouts.curve import usual_number
from psychagent.reports.rollouts.numbers import GAINED, HOLDOUT, LENGTH, REWARD, compute_rft, quantities
from psychagent.reports.rollouts.read import find_rft_run, read_rft_run
from psychagent.reports.rollouts.write import RftReport, write_rft_report
from psychagent.scales.choose import choose
from psychagent.scales.reward import load_norms, to_signals
from psychagent.stats.bootstrap import Sampling
from tests.support.flat import baseline_of, runtime_of
from tests.support.rolling import failed, judged, rft_settings, scores_of
from tests.support.running import load

FEW = Sampling(resamples=200)
WAI = load_norms().counselor["WAI"]


def z(value: float) -> float:
    return (value - WAI.mean) / WAI.std


def write_manifest(folder: Path, *, scripted: Sequence[str] = (), **models: str) -> None:
    named = {"counselor": "c", "client": "k", "judge": "j"} | models
    made = Manifest(
        scripted_roles=tuple(scripted),
        versions={"psychagent": "0"},
        models=named,
        settings=RunSettings(
            baseline=baseline_of(),
            runtime=runtime_of(seed=4),
            dataset=DatasetSettings(),
            rft=rft_settings(rollout_n=3),
        ),
    )
    write_json(folder / "manifest.json", made.model_dump(mode="json"))


def with_holdout(rollout: Rollout, **values: float) -> Rollout:
    return rollout.model_copy(
        update={"holdout": scores_of({f"counselor.{name}": value for name, value in values.items()})}
    )


def candidate(
    rollout: Rollout, rewards: Mapping[int, float], words: str = "four words are here"
) -> dict[str, Any]:
    scores = rollout.judgement
    lost = [n for n, s in scores.scales.items() if s.status == "missing"] if scores else []
    return {
        "rollout_index": rollout.index,
        "reward_score": rewards.get(rollout.index),
        "holdout_scores": rollout.holdout.values() if rollout.holdout else {},
        "missing_methods": lost,
        "judgement": scores.model_dump(mode="json") if scores else None,
        "failure": rollout.failure.model_dump() if rollout.failure else None,
        "transcript": [{"role": "assistant", "content": words}] if not rollout.failure else [],
    }


def write_session(
    folder: Path, case: str, index: int, *rollouts: Rollout, keep: bool = True, previous: Any = None
) -> None:
    signals = {
        r.index: to_signals(r.judgement.values(), load_norms(), previous) for r in rollouts if r.judgement
    }
    choice = choose(signals)
    candidates = [
        candidate(r, choice.rewards, "word " * (8 if r.index == choice.winner else 4)) for r in rollouts
    ]
    if not keep:
        candidates = [
            c | {"transcript": []} if c["rollout_index"] != choice.winner else c for c in candidates
        ]
    usage = Usage(
        roles={"judge": RoleUsage(calls=6, prompt_tokens=1_000_000), "counselor": RoleUsage(calls=9)}
    )
    write_json(
        folder / "cbt" / case / f"session_{index}.json",
        {
            "modality": "cbt",
            "case_id": case,
            "session_index": index,
            "transcript": [],
            "usage": usage.model_dump(mode="json"),
            "rollout_data": {
                "winner_rollout_index": choice.winner,
                "selection": choice.model_dump(mode="json"),
                "rollout_candidates": candidates,
            },
        },
    )


def two_cases(folder: Path) -> Path:
    """Write two sessions whose numbers can be worked out by hand."""
    write_manifest(folder, holdout="h")
    for case, (low, mid, high) in {"a": (6.0, 7.0, 9.0), "b": (5.0, 8.0, 8.0)}.items():
        write_session(
            folder,
            case,
            1,
            with_holdout(judged(0, WAI=low), WAI=5.0),
            with_holdout(judged(1, WAI=mid), WAI=6.0),
            with_holdout(judged(2, WAI=high), WAI=7.0),
        )
    return folder


def many_cases(folder: Path, cases: int, *, holdout: bool = True) -> Path:
    """Write a session a case, each with three rollouts of other scores."""
    write_manifest(folder, **({"holdout": "h"} if holdout else {}))
    for n in range(cases):
        rollouts = [judged(i, WAI=score + n / 4) for i, score in enumerate((5.0, 6.5, 7.0))]
        seconds = (6.0, 5.0 + n / 2, 7.0) if holdout else ()
        both = [with_holdout(r, WAI=s) for r, s in zip(rollouts, seconds, strict=False)] or rollouts
        write_session(folder, f"case{n}", 1, *both)
    return folder


def test_winner_mean_gain_and_margin_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    numbers = compute_rft(read_rft_run(two_cases(tmp_path)), FEW)
    a, b = [z(v) for v in (6.0, 7.0, 9.0)], [z(v) for v in (5.0, 8.0, 8.0)]
    assert numbers.of(REWARD, "winner").mean == pytest.approx(mean([a[2], b[1]]))
    assert numbers.of(REWARD, "mean").mean == pytest.approx(mean([mean(a), mean(b)]))
    assert numbers.of(REWARD, "gain").mean == pytest.approx(mean([a[2] - mean(a), b[1] - mean(b)]))
    assert numbers.of(REWARD, "margin").mean == pytest.approx(mean([a[2] - a[1], 0.0]))
    assert numbers.ties == 1
    assert (numbers.sessions, numbers.cases, numbers.rollouts, numbers.failed) == (2, 2, 6, 0)


def test_the_second_judges_view_of_the_choice_is_worked_out_by_hand(tmp_path: Path) -> None:
    numbers = compute_rft(read_rft_run(two_cases(tmp_path)), FEW)
    # the winner is rollout 2 in one case and rollout 1, the middle one, in the other
    assert numbers.of(HOLDOUT, "gain").mean == pytest.approx(mean([z(7.0) - z(6.0), 0.0]))
    assert numbers.of(HOLDOUT, "same_winner").mean == pytest.approx(0.5)
    assert numbers.of(HOLDOUT, "chance").mean == pytest.approx(1 / 3)
    assert numbers.of(HOLDOUT, "correlation").mean == pytest.approx(mean([1.0, 0.75**0.5]))


def test_a_random_pick_is_one_of_the_rollouts_and_the_same_each_time(tmp_path: Path) -> None:
    run = read_rft_run(two_cases(tmp_path))
    found = compute_rft(run, FEW).of(REWARD, "random").mean
    assert found == compute_rft(run, FEW).of(REWARD, "random").mean
    options = [mean([a, b]) for a in map(z, (6.0, 7.0, 9.0)) for b in map(z, (5.0, 8.0))]
    assert any(found == pytest.approx(option) for option in options)


def test_a_client_change_is_measured_against_what_was_chosen_before(tmp_path: Path) -> None:
    write_manifest(tmp_path, holdout="h")

    def second(rollout: Rollout, srs: float) -> Rollout:
        return rollout.model_copy(update={"holdout": scores_of({"client.SRS": srs, "counselor.WAI": 7.257})})

    write_session(tmp_path, "a", 1, second(judged(0, WAI=6.0), 2.0), second(judged(1, WAI=9.0), 4.0))
    write_session(tmp_path, "a", 2, second(judged(0, WAI=9.0), 5.0), second(judged(1, WAI=6.0), 3.0))
    later = read_rft_run(tmp_path).sessions[1]
    # rollout 1 was chosen first: its 4.0 is what the second session's scores are changes from
    assert later.holdouts == pytest.approx({0: (1.0 - 0.225) / 1.507 / 2, 1: (-1.0 - 0.225) / 1.507 / 2})


def test_lengths_of_chosen_and_rejected_are_compared(tmp_path: Path) -> None:
    numbers = compute_rft(read_rft_run(two_cases(tmp_path)), FEW)
    assert numbers.of(LENGTH, "chosen_tokens").mean == 10
    assert numbers.of(LENGTH, "rejected_tokens").mean == 5
    assert numbers.of(LENGTH, "difference_tokens").mean == 5
    assert numbers.of(LENGTH, "chosen_turns").mean == 1


def test_without_the_rejected_dialogues_the_report_says_so(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(tmp_path, "a", 1, judged(0, WAI=6.0), judged(1, WAI=9.0), keep=False)
    assert "were not kept" in write_rft_report(tmp_path, sampling=FEW).markdown.read_text(encoding="utf-8")


def test_rollouts_that_left_danger_unasked_are_counted_as_one_kind(tmp_path: Path) -> None:
    folder = two_cases(tmp_path)
    for case, turn in (("a", 7), ("b", 3)):
        path = folder / "cbt" / case / "session_1.json"
        data = load(path)
        reason = f"danger voiced in turn {turn} was not asked about"
        data["rollout_data"]["selection"]["excluded"] = {"0": reason}
        write_json(path, data)
    assert compute_rft(read_rft_run(folder), FEW).unasked == 2
    text = write_rft_report(folder, sampling=FEW).markdown.read_text(encoding="utf-8")
    assert (
        "| Rollouts that could not win because the counselor did not ask about voiced danger | 2 of 6 |"
        in text
    )
    assert "| danger was voiced and not asked about in the counselor's next turn | 2 |" in text


def test_a_run_without_danger_says_nothing_of_it(tmp_path: Path) -> None:
    text = write_rft_report(two_cases(tmp_path), sampling=FEW).markdown.read_text(encoding="utf-8")
    assert "danger" not in text


def test_failed_rollouts_missing_scales_and_metrics_without_a_norm_are_counted(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(
        tmp_path,
        "a",
        1,
        judged(0, ("SRS",), WAI=6.0, Dialogue_Planning=5.0),
        judged(1, WAI=7.0, client_SRS=5.0),
        failed(2, "the server never came back"),
    )
    write_json(
        tmp_path / "cbt" / "b" / "course.json", {"failure": {"error": "X", "message": "no rollout at all"}}
    )
    numbers = compute_rft(read_rft_run(tmp_path), FEW)
    assert numbers.failed == 1
    assert {part.scale: (part.asked, part.missing) for part in numbers.lost} == {
        "WAI": (2, 0),
        "SRS": (2, 1),
        "Dialogue_Planning": (1, 0),
    }
    # a first session has no change to measure: that is no gap
    assert numbers.skipped == {"counselor.DIALOGUE_PLANNING": "no_norm"}
    text = write_rft_report(tmp_path, sampling=FEW).markdown.read_text(encoding="utf-8")
    assert "no rollout at all" in text
    assert "1 rollout of 3 failed" in text


def test_a_broken_session_file_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    two_cases(tmp_path)
    (tmp_path / "cbt" / "a" / "session_2.json").write_text("{", encoding="utf-8")
    run = read_rft_run(tmp_path)
    assert len(run.sessions) == 2
    assert run.broken[0][0] == "cbt/a/session_2.json"
    assert "session_2.json" in write_rft_report(tmp_path, sampling=FEW).markdown.read_text(encoding="utf-8")


def test_a_run_without_finished_sessions_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    with pytest.raises(RecordError, match="holds no finished session with rollouts"):
        read_rft_run(tmp_path)


def test_norms_that_are_gone_are_named(tmp_path: Path) -> None:
    two_cases(tmp_path)
    manifest = load(tmp_path / "manifest.json")
    manifest["settings"]["rft"]["norms"] = str(tmp_path / "gone.yaml")
    write_json(tmp_path / "manifest.json", manifest)
    with pytest.raises(RecordError, match=r"norms.*gone\.yaml"):
        read_rft_run(tmp_path)


def test_a_run_is_found_by_its_folder_or_by_the_one_around_it(tmp_path: Path) -> None:
    two_cases(tmp_path / "runs" / "mine")
    assert find_rft_run(tmp_path / "runs") == tmp_path / "runs" / "mine"
    assert find_rft_run(tmp_path / "runs" / "mine") == tmp_path / "runs" / "mine"
    assert find_rft_run(tmp_path) is None
    plain = RunSettings(baseline=baseline_of(), runtime=runtime_of(), dataset=DatasetSettings())
    write_json(tmp_path / "plain" / "manifest.json", Manifest(settings=plain).model_dump(mode="json"))
    assert find_rft_run(tmp_path / "plain") is None


def report_on(folder: Path) -> RftReport:
    return write_rft_report(folder, sampling=FEW, prices=Prices(prompt=2.0, completion=4.0))


def notices(report: RftReport, kind: str) -> str:
    found = [b for b in report.blocks if isinstance(b, Notice) and b.kind == kind]
    return " ".join(" ".join((notice.title, *notice.lines)) for notice in found)


def test_the_report_is_one_page_with_pictures_and_a_readable_twin(tmp_path: Path) -> None:
    report = report_on(two_cases(tmp_path))
    html, text = report.html.read_text(encoding="utf-8"), report.markdown.read_text(encoding="utf-8")
    assert html.count("<img") == 4
    assert "http://" not in html.replace("http://www.w3.org", "")
    for name in ("rft_by_session", "rft_rollouts", "rft_judges", "rft_best_of_k"):
        assert (tmp_path / "report_pictures" / f"{name}.svg").read_bytes().startswith(b"<?xml")
        assert f"report_pictures/{name}.svg" in text
    assert "Agreement with the second judge" in text
    assert "| all (2 sessions) |" in text.replace("**", "")


def test_cost_by_role_with_the_judge_apart_follows_from_the_prices_of_the_run(tmp_path: Path) -> None:
    two_cases(tmp_path)
    path = tmp_path / "manifest.json"
    manifest = load(path)
    priced = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1"}
    manifest["settings"]["baseline"]["counselor"] |= priced | {
        "prices": {"prompt": 1_000_000, "cached": 0, "completion": 0}
    }
    manifest["settings"]["rft"]["judging"]["judge"] |= priced | {"prices": {"prompt": 0, "completion": 1e6}}
    write_json(path, manifest)
    run = read_rft_run(tmp_path)
    used = run.usage.roles
    report = write_rft_report(tmp_path, sampling=FEW)
    table = next(b for b in report.blocks if isinstance(b, Table) and b.header[:2] == ("role", "cost"))
    cost = {row[0]: float(row[1].replace(",", "")) for row in table.rows}
    fresh = used["counselor"].prompt_tokens - used["counselor"].cached_tokens
    assert cost["counselor"] == cost["all but the judge"] == fresh
    assert cost["judge"] == used["judge"].completion_tokens
    assert cost["all"] == cost["counselor"] + cost["judge"]
    assert "The prefix cache saved" in report.markdown.read_text(encoding="utf-8")


def test_cost_is_told_by_role_and_at_given_prices(tmp_path: Path) -> None:
    report = report_on(two_cases(tmp_path))
    table = next(b for b in report.blocks if isinstance(b, Table) and b.header[0] == "role")
    assert {row[0]: row[1] for row in table.rows} == {"counselor": "18", "judge": "12", "all": "30"}
    assert "4.00 USD" in report.markdown.read_text(encoding="utf-8")


def test_a_script_in_any_part_puts_a_banner_before_the_numbers(tmp_path: Path) -> None:
    two_cases(tmp_path)
    assert notices(report_on(tmp_path), "banner") == ""
    write_manifest(tmp_path, scripted=["judge"])
    report = report_on(tmp_path)
    assert "Not a result" in notices(report, "banner")
    kinds = [type(block) for block in report.blocks]
    assert kinds.index(Notice) < kinds.index(Cards)


def test_what_weakens_the_numbers_is_said(tmp_path: Path) -> None:
    two_cases(tmp_path)
    write_manifest(tmp_path, judge="same", counselor="same", holdout="same")
    told = notices(report_on(tmp_path), "warning")
    assert "Both judges are the same model" in told
    assert "also the counselor's" in told
    assert "Only 2 cases" in told


def test_without_a_second_judge_the_report_says_what_cannot_be_known(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(tmp_path, "a", 1, judged(0, WAI=6.0), judged(1, WAI=9.0))
    report = report_on(tmp_path)
    assert "No second judge" in notices(report, "warning")
    assert "Agreement with the second judge" not in report.markdown.read_text(encoding="utf-8")


def test_the_report_names_the_level_of_its_intervals(tmp_path: Path) -> None:
    report = write_rft_report(many_cases(tmp_path, 5), sampling=Sampling(resamples=200, level=0.9))
    text = report.markdown.read_text(encoding="utf-8")
    # brackets, whiskers, shade, second judge, lengths
    assert text.count("90% interval") == 5
    assert "95%" not in text


def test_cases_named_with_the_same_letters_draw_different_random_picks(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    # 20 rollouts, so that two equal draws would be a rare chance
    for case in ("ab", "ba"):
        write_session(tmp_path, case, 1, *(judged(n, WAI=5 + n / 10) for n in range(20)))
    first, second = read_rft_run(tmp_path).sessions
    picks = [{(g, n): v for g, n, v in quantities(s)}[REWARD, "random"] for s in (first, second)]
    assert picks[0] != picks[1]


def table_of(report: RftReport, column: str) -> Table:
    """The table with a column of that name."""
    (found,) = [b for b in report.blocks if isinstance(b, Table) and column in b.header]
    return found


def captions(report: RftReport) -> str:
    words = [b.text for b in report.blocks if isinstance(b, Text)]
    return " ".join([*words, *(b.caption for b in report.blocks if isinstance(b, Gallery | Table))])


def test_the_best_of_k_is_the_mean_over_the_sessions_of_all_choices(tmp_path: Path) -> None:
    curve = compute_rft(read_rft_run(two_cases(tmp_path)), FEW).curve
    a, b = [z(v) for v in (6.0, 7.0, 9.0)], [z(v) for v in (5.0, 8.0, 8.0)]
    for point in curve.points:
        best = [mean(map(max, combinations(rewards, point.k))) for rewards in (a, b)]
        assert point.reward.mean == pytest.approx(mean(best))
    assert [point.k for point in curve.points] == [1, 2, 3]
    # of the pairs of a, rollout 2 is chosen twice and 1 once; of b, rollout 1 twice and 2 once
    seconds = mean([(7 + 7 + 6) / 3, (6 + 6 + 7) / 3])
    assert curve.points[1].holdout.mean == pytest.approx(z(seconds))


def test_a_session_with_a_rollout_less_is_left_out_of_the_curve_and_counted(tmp_path: Path) -> None:
    two_cases(tmp_path)
    write_session(tmp_path, "c", 1, judged(0, WAI=6.0), judged(1, WAI=9.0))
    curve = compute_rft(read_rft_run(tmp_path), FEW).curve
    assert (len(curve.points), curve.sessions, curve.left_out) == (3, 2, 1)
    report = report_on(tmp_path)
    assert "2 sessions with at least 3 comparable rollouts; 1 session with fewer are left out" in captions(
        report
    )


@pytest.mark.parametrize(("counts", "usual"), [([], 0), ([4, 4, 4], 4), ([8, 2, 2], 2), ([4, 4, 1, 1], 4)])
def test_the_curve_is_as_long_as_half_of_the_sessions(counts: list[int], usual: int) -> None:
    assert usual_number(counts) == usual


def test_a_lone_rollout_a_session_has_no_curve(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(tmp_path, "a", 1, judged(0, WAI=6.0))
    assert compute_rft(read_rft_run(tmp_path), FEW).curve.points == ()
    assert "Best of k" not in report_on(tmp_path).markdown.read_text(encoding="utf-8")


def told_in_second(folder: Path, **choice: Any) -> Path:
    """Write two sessions, of which the second stores this with its choice."""
    write_manifest(folder, holdout="h")

    def second(rollout: Rollout, panas: float) -> Rollout:
        return rollout.model_copy(
            update={"holdout": scores_of({"client.PANAS": panas, "counselor.WAI": 7.257})}
        )

    for index in (1, 2):
        write_session(
            folder, "a", index, second(judged(0, WAI=9.0), 6.0), second(judged(1, WAI=6.0), 4.0 - index)
        )
    path = folder / "cbt" / "a" / "session_2.json"
    data = load(path)
    data["rollout_data"]["selection"] |= choice
    write_json(path, data)
    return folder


def test_what_the_choice_left_out_for_a_disclosure_the_second_judge_leaves_out_too(tmp_path: Path) -> None:
    whole = read_rft_run(told_in_second(tmp_path / "whole")).sessions[1].holdouts
    assert whole[0] > whole[1]
    folder = told_in_second(tmp_path / "told", skipped={"client.PANAS": "disclosure"})
    assert read_rft_run(folder).sessions[1].holdouts == {0: pytest.approx(0), 1: pytest.approx(0)}
    assert "who tells of its pain looks worse" in report_on(folder).markdown.read_text(encoding="utf-8")


def test_the_second_judges_changes_are_without_items_on_danger(tmp_path: Path) -> None:
    folder = told_in_second(tmp_path)
    before = read_rft_run(folder).sessions[1].holdouts
    path = folder / "cbt" / "a" / "session_2.json"
    data = load(path)
    data["rollout_data"]["rollout_candidates"][1]["holdout_changes"] = {"client.PANAS": 6.0}
    write_json(path, data)
    after = read_rft_run(folder).sessions[1].holdouts
    assert after[0] == before[0] == after[1] > before[1]


def test_a_session_kept_although_nobody_asked_about_danger_is_warned_of(tmp_path: Path) -> None:
    quiet = report_on(told_in_second(tmp_path / "quiet"))
    assert "no example" not in notices(quiet, "warning")
    loud = report_on(told_in_second(tmp_path / "loud", unasked=[0, 1]))
    assert "In 1 session danger was voiced and in no rollout asked about at once" in notices(loud, "warning")


def test_the_gain_by_metric_is_worked_out_by_hand_and_its_mean_is_the_rewards(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    norms = load_norms().counselor
    middle = norms["HTAIS"].mean
    write_session(tmp_path, "a", 1, judged(0, WAI=6.0, HTAIS=middle), judged(1, WAI=9.0, HTAIS=middle - 1))
    numbers = compute_rft(read_rft_run(tmp_path), FEW)
    gained = {name: numbers.of(GAINED, f"counselor.{name}").mean for name in ("WAI", "HTAIS")}
    assert gained["WAI"] == pytest.approx(1.5 / norms["WAI"].std)
    assert gained["HTAIS"] == pytest.approx(-0.5 / norms["HTAIS"].std)
    assert mean(g for g in gained.values() if g is not None) == pytest.approx(numbers.of(REWARD, "gain").mean)
    rows = {row[0]: row for row in table_of(report_on(tmp_path), "gain, standard deviations").rows}
    assert rows["WAI"][3:5] == ("9.00", "7.50")
    assert rows["HTAIS"][-1].startswith("−")


def test_a_metric_of_harm_is_turned_and_named_so(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(
        tmp_path, "a", 1, judged(0, client_BDI_II=6.0, WAI=6.0), judged(1, client_BDI_II=6.0, WAI=5.0)
    )
    before = {"client.BDI_II": 6.0, "counselor.WAI": 6.0}
    write_session(
        tmp_path,
        "a",
        2,
        judged(0, client_BDI_II=4.0, WAI=6.0),
        judged(1, client_BDI_II=7.0, WAI=6.0),
        previous=before,
    )
    row = next(r for r in table_of(report_on(tmp_path), "gain, standard deviations").rows if "BDI" in r[0])
    assert row[:5] == ("10 − BDI_II", "client", "1", "6.00", "4.50")
    assert row[5] == signed(1.5 / load_norms().client["BDI_II"].std)


def test_the_mean_of_all_and_one_draw_are_named_apart_and_signed_by_a_minus(tmp_path: Path) -> None:
    report = report_on(two_cases(tmp_path))
    (cards,) = [b for b in report.blocks if isinstance(b, Cards)]
    table = table_of(report, "random pick, one draw")
    assert [card.label for card in cards.cards][:2] == ["Winner", "Random pick, expected"]
    assert table.header[2:4] == ("random pick, expected", "random pick, one draw")
    expected = mean([z(6.0), z(7.0), z(9.0), z(5.0), z(8.0), z(8.0)])
    assert expected < 0
    assert cards.cards[1].value == table.rows[-1][2] == number(expected)
    assert "-" not in "".join(cell for row in table.rows for cell in row)


def test_captions_explain_nothing_that_is_not_there(tmp_path: Path) -> None:
    few = captions(report_on(many_cases(tmp_path / "few", 4, holdout=False)))
    assert "Whiskers" not in few
    assert "Shaded" not in few
    assert "In brackets" not in few
    assert "Two judges" not in few
    assert "No interval is given over fewer than 5 cases" in few
    many = captions(report_on(many_cases(tmp_path / "many", 5)))
    assert "Whiskers: 95% intervals over cases. Shaded: 95% intervals over cases. Two judges: each" in many
    assert "In brackets: 95% intervals" in many
    assert "No interval is given" not in many


def test_every_column_of_the_figure_of_rollouts_names_its_case_and_session(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    for case in ("en02", "来访者"):
        write_session(tmp_path, case, 3, judged(0, WAI=6.0), judged(1, WAI=9.0), judged(2, WAI=7.0))
    report = report_on(tmp_path)
    svg = (tmp_path / "report_pictures" / "rft_rollouts.svg").read_text(encoding="utf-8")
    assert "<!-- cbt/en02 s3 -->" in svg
    assert "<!-- case 2 s3 -->" in svg
    assert "case 2 = cbt/来访者" in captions(report)
    row = table_of(report, "its reward").rows[0]
    assert row == ("cbt/en02", "3", "rollout 1", number(z(9.0)), f"{number(z(7.0))}, {number(z(6.0))}")


def test_the_numbers_of_a_script_stand_in_grey(tmp_path: Path) -> None:
    two_cases(tmp_path)
    assert "card muted" not in report_on(tmp_path).html.read_text(encoding="utf-8")
    write_manifest(tmp_path, scripted=["judge"])
    page = report_on(tmp_path).html.read_text(encoding="utf-8")
    assert page.count('class="card muted"') == 4
    assert "What choosing gained (a script: no result)" in page


def test_a_metric_of_the_reward_is_shown_by_the_name_of_its_scale(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    write_session(tmp_path, "a", 1, judged(0, Custom_Dim=6.0), judged(1, Custom_Dim=7.0))
    (row,) = table_of(report_on(tmp_path), "gain, standard deviations").rows
    assert row[0] == "Custom_Dim"
