"""readme: the tables of a page are those of the records, and so are those of this project's own README, and what its
sentences quote of them."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from toy_records import record, write_toy_records

from course_lib.files import InputError, read_json, write_json
from course_lib.profiles import profile
from course_lib.runs.matches import each_row_scored_on
from course_lib.runs.readme import with_results
from course_lib.runs.records import RESULTS, load_records

README = Path(__file__).resolve().parents[2] / "README.md"
PAGE = """# A page
<!-- results: systems ball smoke -->
old
<!-- /results -->
Between.
<!-- results: classes ball smoke x3d_s+fc tiny3d+fc --><!-- /results -->
End.
"""
EXPECTED = """# A page
<!-- results: systems ball smoke -->

| system | parameters (M) | trained (M) | seeds | mAP of 2 | mAP-10 | s an epoch | published mAP-12 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| `x3d_s+ed` | 2.00 | 0.03 | 1 | 40.0 | 50.0 | 1.0 | 43.0 |
| `x3d_s+fc` | 2.00 | 0.03 | 2 | 25.0 (20.0 to 30.0) | 30.0 (20.0 to 40.0) | 1.5 | 37.3 |
| `tiny3d+fc` | 2.00 | all | 1 | 10.0 | 10.0 | 1.0 |  |
| chance |  |  |  | 3.0 | 5.0 |  |  |

<!-- /results -->
Between.
<!-- results: classes ball smoke x3d_s+fc tiny3d+fc -->

| class | test labels | chance | `x3d_s+fc` | `tiny3d+fc` |
| --- | ---: | ---: | ---: | ---: |
| PASS | 9 | 5.0 | 30.0 | 10.0 |
| GOAL | 1 | 1.0 | 20.0 | 10.0 |

<!-- /results -->
End.
"""


@pytest.fixture
def folder(tmp_path):
    return write_toy_records(tmp_path)


def test_a_page_by_hand(folder):
    assert with_results(PAGE, "page.md", folder) == EXPECTED
    assert with_results(EXPECTED, "page.md", folder) == EXPECTED


def test_a_system_that_does_not_say_where_has_no_score_of_places(tmp_path):
    scores = {"mtap": 0.5, "msap": 0.0, "combined": 0.0, "clean_msap": 0.0, "per_class": {"serve": 0.5}}
    test = scores | {f"{name}_interval": None for name in ("mtap", "msap", "combined", "clean_msap")}
    for system, places in (("tiny3d+bigru", False), ("tiny3d+bigru+xy", True)):
        values = {"task": "volleyball", "places": places, "test": test, "val": scores, "counts": {"serve": 1}}
        write_json(tmp_path / "volleyball-smoke" / f"{system}-seed0.json", record(system, 0, 0, 0, **values))
    write_json(tmp_path / "volleyball-smoke" / "chance.json", scores | {"counts": {"serve": 1}})
    rows = with_results("<!-- results: systems volleyball smoke --><!-- /results -->", "page", tmp_path).splitlines()
    assert "| `tiny3d+bigru` | 2.00 | 0.03 | 1 | 50.0 |  |  |  | 1.0 |" in rows
    assert "| `tiny3d+bigru+xy` | 2.00 | 0.03 | 1 | 50.0 | 0.0 | 0.0 | 0.0 | 1.0 |" in rows


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("nothing", "page.md: asks for no table"),
        ("<!-- results: systems ball smoke -->", "has no end"),
        ("<!-- results: systems ball smoke -->" + PAGE, "has no end"),
        ("<!-- results: rows ball smoke --><!-- /results -->", "'rows'; expected one of systems, classes"),
        ("<!-- results: systems tennis smoke --><!-- /results -->", "'tennis'; expected one of ball, volleyball"),
        ("<!-- results: systems ball --><!-- /results -->", "''; expected one of .*smoke"),
        ("<!-- results: systems ball full --><!-- /results -->", "no training of this task and profile"),
        ("<!-- results: systems ball smoke x --><!-- /results -->", "'x'; expected no system"),
        ("<!-- results: classes ball smoke x --><!-- /results -->", "'x'; expected one of x3d_s\\+ed"),
    ],
)
def test_pages_that_cannot_be_made(page, sentence, folder):
    with pytest.raises(InputError, match=sentence):
        with_results(page, "page.md", folder)


def test_the_tables_of_our_readme_are_those_of_the_records():
    page = README.read_text(encoding="utf-8")
    assert page.count("<!-- results: ") == 3
    assert with_results(page, "README.md") == page, "run: python -m course_lib results --readme README.md"


def test_what_our_readme_says_of_football():
    records = load_records(profile="smoke")
    means = records.groupby("system")["map12"].mean() * 100
    where = each_row_scored_on(records)
    on_all = records[[where.get(system, "8 of 8") == "8 of 8" for system in records["system"]]]
    mean = means[on_all["system"].unique()]
    width = 100 * (on_all["map12_high"] - on_all["map12_low"]).mean()
    few = [_clips("ball", system) for system in ("regnety_002+fc", "e2e_spot")]
    close = mean[["x3d_s+tcn+sgp", "x3d_s+sgp", "x3d_s+ed"]]
    gain = {neck: f"{mean[f'x3d_s+{neck}'] - mean['x3d_s+fc']:.0f}" for neck in ("transformer", "tcn")}
    words = {"10": "ten", "2": "two"}
    _says(
        f"on {few[0]} and {few[1]} clips",
        f"{close.min() - mean['x3d_s+tpn']:.0f} points above the TPN, which is second there",
        f"the transformer gains {words[gain['transformer']]} points over no neck, the plain TCN {words[gain['tcn']]}",
        f"is about {width:.0f} points wide",
    )
    assert means["regnety_002+bigru"] > 3 * means["e2e_spot"]  # "several times as much"
    # Where it agrees, and what is too close to be ordered.
    assert mean.idxmin() == "regnety_002+fc" and mean["x3d_s4+fc"] < mean["x3d_s+fc"]
    assert mean["x3d_s+fc"] < mean["x3d_s+tpn"] < mean["x3d_s+ed"] and close.max() - close.min() < 1.8
    spread = 100 * on_all.groupby("system")["map12"].agg(lambda seeds: seeds.max() - seeds.min())
    assert 1 <= spread.median() <= spread.max() < 4.6  # "1 to 4 points apart at most"
    told = (RESULTS.parent / "07_tpn.ipynb").read_text(encoding="utf-8")
    assert "36 pairs: 22 confirmed, 8 not shown, 6 reversed" in told
    _says("Of the 36 pairs of both lists 22 orders are confirmed, 8 not shown and 6 reversed")


def test_what_our_readme_says_of_volleyball():
    records = load_records(profile="smoke", task="volleyball")
    mtap = 100 * records.set_index(["system", "seed"])["mtap"]
    twins = [("tiny3d+bigru", "tiny3d+bigru+xy"), ("x3d_s+ed", "x3d_s+ed+xy"), ("e2e_spot", "e2e_spot+xy")]
    change = np.concatenate([(mtap[placed] - mtap[plain]).dropna().to_numpy() for plain, placed in twins])
    flipped = np.array(list(product((1, -1), repeat=len(change)))) @ change
    p = np.mean(np.abs(flipped) >= abs(change.sum()) - 1e-9)
    (data,) = records["data"].unique()
    train, val, test = (part.split()[0] for part in data.split(", "))
    clips = {system: f"{_clips('volleyball', system):,}" for system in ("tiny3d+bigru", "e2e_spot", "x3d_s+ed")}
    _says(
        f"({train} to train, {val} to validate, {test} to test",
        f"Over {len(change)} pairs of trainings with equal seeds mTAP changes by {change.mean():.1f} points on average",
        f"{np.sum(change > 0)} pairs gain, and one pair makes up {100 * change.min() / change.sum():.0f} % of the loss",
        f"a sign-flip test gives {100 * p:.1f} %",
        f"it learns from {clips['tiny3d+bigru']}, `e2e_spot` (RegNet-Y + GSM + GRU) from {clips['e2e_spot']}, "
        f"`x3d_s+ed` from {clips['x3d_s+ed']}",
    )


def test_what_our_readme_says_of_predict():
    rows = {(row["minutes"], row["height"], row["fps"]): row for row in read_json(RESULTS / "predict.json")["rows"]}
    long, large = rows[45.0, 224, 25.0], rows[1.0, 1080, 50.0]
    peaks = {f"{row['peak_mb'] / 1000:.1f}" for row in rows.values()}
    _says(
        f"{long['times_real_time']:.1f} times as fast as they last, through 1080p at 50 "
        f"{large['times_real_time']:.1f} times as fast, each with a peak of {' to '.join(sorted(peaks))} GB"
    )


def _says(*words):
    page = README.read_text(encoding="utf-8")
    assert [phrase for phrase in words if phrase not in page] == []


def _clips(task, system):
    train = profile("smoke", system, task).train
    return train.epochs * train.clips_per_epoch
