"""Whatever stands in a file of demand, every series gets a forecast, and what was not taken as it stood is said."""

import csv
import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import forecast as bench
from forecasting.methods import LEVELS, Bucket, Series, forecast_many
from forecasting.methods.laying import lay
from forecasting.methods.series import step

MONDAY = date(2024, 1, 1)


def laid(days, values, bucket=Bucket.WEEK):
    return lay(["pine"] * len(days), np.array(days, dtype="datetime64[s]"), values, bucket)


def weeks(count: int):
    return [np.datetime64(MONDAY) + 7 * number for number in range(count)]


def test_a_gap_in_steady_demand_is_bridged_and_said():
    days = [day for number, day in enumerate(weeks(30)) if number not in {10, 11}]

    found = laid(days, [100.0] * 28)

    assert found.series[0].skip.nonzero()[0].tolist() == [10, 11]
    assert [remark.text for remark in found.remarks] == [
        "2 weeks without a row, taken as not known and bridged."
    ]


def test_a_gap_in_demand_that_stays_away_is_no_demand():
    found = laid([weeks(30)[number] for number in (0, 4, 11, 20, 29)], [5.0] * 5)

    assert found.series[0].skip is None
    assert found.series[0].values.sum() == 25
    assert found.remarks[0].text == "25 weeks without a row, taken as no demand."


def test_rows_of_one_day_add_up_and_a_day_out_of_its_week_finds_it():
    days = [*weeks(10), np.datetime64(MONDAY) + 8, np.datetime64(MONDAY) + 7]

    found = laid(days, [10.0] * 12)

    assert found.series[0].values.tolist() == [10, 30, *[10] * 8]
    assert found.remarks[0].text == "1 week with several rows, which were added up."


def test_a_date_of_another_century_does_not_stretch_the_series():
    found = laid([*weeks(20), np.datetime64("0204-05-01")], [10.0] * 21)

    assert len(found.series[0].values) == 20
    assert found.remarks[0].text == "1 row far from all others in time left out."


def test_rows_without_a_name_or_date_are_counted_by_series():
    found = lay(
        ["pine", None, "pine"],
        np.array(["2024-01-01", "2024-01-08", "NaT"], "datetime64[s]"),
        [1, 2, 3],
        Bucket.WEEK,
    )

    assert [(one.id, one.values.tolist()) for one in found.series] == [("pine", [1.0])]
    assert sorted((remark.id, remark.text) for remark in found.remarks) == [
        ("(no name)", "1 row without a name or a readable date left out."),
        ("pine", "1 row without a name or a readable date left out."),
    ]


def test_months_named_by_their_last_day_go_on_so():
    assert [step(date(2023, 11, 30), Bucket.MONTH, ahead) for ahead in range(4)] == [
        date(2023, 11, 30),
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
    ]
    assert step(date(2024, 1, 15), Bucket.QUARTER, 1) == date(2024, 4, 15)


values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0, 50).map(round),
    st.just(0.0),
    st.sampled_from([-3.0, 1e13, 1e308, 1e-300, 100.0]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(values, max_size=40), min_size=1, max_size=3),
    st.sampled_from(list(Bucket)),
    st.integers(1, 8),
)
def test_no_series_stops_a_run_or_gets_a_forecast_that_is_no_number(histories, bucket, horizon):
    series = [Series(str(n), MONDAY, np.array(own, dtype=float), bucket) for n, own in enumerate(histories)]

    made = forecast_many(series, horizon)

    assert [one.id for one in made] == [one.id for one in series]
    for one in made:
        assert one.why
        for numbers in (one.mean, one.quantiles, one.sums):
            assert np.isfinite(numbers).all()
        assert one.quantiles.shape == one.sums.shape == (len(LEVELS), horizon)
        assert (np.diff(one.quantiles, axis=0) >= -1e-9 * (1 + np.abs(one.quantiles[:-1]))).all()
        assert one.quantiles.min() >= 0


rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "", "c,d"]),
        st.sampled_from(
            ["2024-01-01", "2024-01-08", "2024-02-30", "soon", "", "1890-01-01", "2024-03-04 10:00"]
        ),
        st.sampled_from(["1", "-4", "0", "", "many", "1e300", "inf", "7.5"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_any_csv_file_is_forecast_to_the_end(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("bad")
    with open(folder / "train.csv", "w", newline="") as out:
        csv.writer(out).writerows([("unique_id", "ds", "y"), *rows])

    figures = bench.main(
        [str(folder / "train.csv"), "--freq", "W", "--horizon", "3", "--out", str(folder / "out.csv")]
    )

    with open(folder / "out.csv", newline="") as made:
        table = list(csv.DictReader(made))
    assert len(table) == 3 * figures["series"]
    assert all(np.isfinite(float(row["q0.99"])) for row in table)


def test_what_was_wrong_with_a_file_is_reported_by_series(tmp_path, capsys):
    lines = [
        "unique_id,ds,y",
        *(f"oak,2024-{month:02d}-01,{month}" for month in range(1, 13)),
        "oak,2024-03-01,x",
    ]
    lines += [
        "twig,2024-01-01,3",
        "twig,2024-02-01,4",
        *(f"ash,2024-{month:02d}-01,0" for month in range(1, 13)),
    ]
    (tmp_path / "train.csv").write_text("\n".join(lines))

    bench.main(
        [str(tmp_path / "train.csv"), "--freq", "M", "--horizon", "2", "--out", str(tmp_path / "out.csv")]
    )

    printed = capsys.readouterr()
    assert "oak: 1 row without a number; it counts as not known." in printed.err
    assert json.loads(printed.out)["method_counts"]["none"] == 1
    assert (tmp_path / "out.csv").read_text().count("ash,2025-01-01,0,0,0") == 1


@pytest.mark.parametrize(
    ("text", "sentence"), [("a,b\n1,2\n", "no column ds, unique_id, y"), ("unique_id,ds,y\n", "no rows")]
)
def test_a_file_that_is_no_demand_is_refused_by_name(tmp_path, text, sentence):
    (tmp_path / "train.csv").write_text(text)

    with pytest.raises(SystemExit, match=sentence):
        bench.main(
            [str(tmp_path / "train.csv"), "--freq", "M", "--horizon", "2", "--out", str(tmp_path / "o.csv")]
        )


def test_numbered_buckets_go_on_being_numbered(tmp_path):
    lines = ["unique_id,ds,y", *(f"oak,{number},{10 + number % 3}" for number in range(1, 31))]
    (tmp_path / "train.csv").write_text("\n".join(lines))

    bench.main(
        [str(tmp_path / "train.csv"), "--freq", "W", "--horizon", "2", "--out", str(tmp_path / "out.csv")]
    )

    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["31", "32"]


def test_names_with_quotes_commas_and_new_lines_come_out_as_they_went_in(tmp_path):
    names = ['2" pipe', "pine, 1 l", "two\nlines", '"']
    with (tmp_path / "train.csv").open("w", newline="") as given:
        rows = csv.writer(given)
        rows.writerow(["unique_id", "ds", "y"])
        rows.writerows([name, day, 4] for name in names for day in ("2024-01-01", "2024-01-08", "2024-01-15"))

    bench.main(
        [str(tmp_path / "train.csv"), "--freq", "W", "--horizon", "2", "--out", str(tmp_path / "out.csv")]
    )

    with (tmp_path / "out.csv").open(newline="") as made:
        assert {row["unique_id"] for row in csv.DictReader(made)} == set(names)
