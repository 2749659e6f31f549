"""Normal, tightened and reduced inspection follow what became of the lots before; good sources have lots skipped."""

import random

import pytest

from quality.sampling import (
    LotOutcome,
    Skipping,
    SkipRule,
    Switching,
    SwitchingRules,
    after,
    inspects_next,
    restarted,
    skip_after,
)


def run(state, verdicts, rules=None, **fields):
    """The state after lots inspected under whatever severity was in force, "+" accepted, "-" not; and the switches."""
    switches = []
    for verdict in verdicts:
        lot = LotOutcome(verdict == "+", **({"severity": state.severity} | fields))
        state, switch = after(state, lot, rules)
        switches += [switch] if switch else []
    return state, switches


@pytest.mark.parametrize("verdicts", ["--", "-+-", "-+++-", "+++-+-"])
def test_two_lots_of_five_or_fewer_not_accepted_tighten_inspection(verdicts):
    state, switches = run(Switching(), verdicts)

    assert state.severity == "tightened"
    assert "lots in a row were not accepted" in switches[-1].why


def test_two_lots_not_accepted_further_apart_do_not():
    assert run(Switching(), "-++++-")[0].severity == "normal"


def test_five_accepted_in_a_row_loosen_tightened_inspection():
    assert run(Switching("tightened"), "++++")[0].severity == "tightened"
    assert run(Switching("tightened"), "++-++++")[0].severity == "tightened"
    assert run(Switching("tightened"), "++-+++++")[0].severity == "normal"


def test_ten_accepted_in_a_row_reduce_inspection_where_that_is_desired():
    assert run(Switching(), "+" * 9)[0].severity == "normal"
    state, (switch,) = run(Switching(), "+" * 10)
    assert (state.severity, switch.why) == ("reduced", "10 lots in a row were accepted")
    assert run(Switching(), "+" * 30, SwitchingRules(reduces=False))[0].severity == "normal"
    assert run(Switching(), "-" + "+" * 9)[0].severity == "normal"


def test_more_nonconforming_than_the_limit_number_keep_inspection_normal():
    rules = SwitchingRules(limit=12)

    assert run(Switching(), "+" * 10, rules, nonconforming=2)[0].severity == "normal"
    assert run(Switching(), "+" * 10, rules, nonconforming=1)[0].severity == "reduced"


def test_unsteady_production_is_not_reduced_and_ends_reduction():
    assert run(Switching(), "+" * 10, is_steady=False)[0].severity == "normal"
    assert run(Switching("reduced"), "+", is_steady=False)[0].severity == "normal"


def test_a_lot_not_accepted_or_between_the_numbers_ends_reduction():
    assert run(Switching("reduced"), "+++")[0].severity == "reduced"
    assert run(Switching("reduced"), "-")[0].severity == "normal"
    state, (switch,) = run(Switching("reduced"), "+", between=True)
    assert (state.severity, "between" in switch.why) == ("normal", True)


def test_five_lots_not_accepted_on_tightened_inspection_stop_it_until_somebody_restarts():
    state, switches = run(Switching("tightened"), "-+-+-+-+-")

    assert state.is_discontinued
    assert switches[-1].stops
    assert run(state, "+++++") == (state, [])
    assert restarted() == Switching("tightened")


def test_lots_not_accepted_before_inspection_was_normal_again_are_forgotten():
    state, _ = run(Switching("tightened"), "----+++++")

    assert state == Switching("normal")


def test_lots_submitted_again_count_for_nothing():
    assert run(Switching(), "-----", is_original=False) == (Switching(), [])


def test_a_sample_drawn_before_the_last_switch_counts_only_against_reduction():
    assert run(Switching("tightened"), "-----", severity="normal")[0] == Switching("tightened")
    assert run(Switching("reduced"), "-", severity="normal")[0].severity == "normal"


def test_a_source_qualifies_then_one_lot_of_every_four_is_inspected():
    rule, state, rng = SkipRule(qualify=3, every=4), Skipping(), random.Random(1)
    inspected = []
    for _ in range(3 + 400):
        wanted, state = inspects_next(state, rule, chance=rng.random())
        inspected.append(wanted)
        if wanted:
            state = skip_after(state, rule, accepted=True)

    assert inspected[:3] == [True] * 3
    assert all(sum(inspected[place : place + 4]) == 1 for place in range(3, 403, 4))
    assert len({inspected[place : place + 4].index(True) for place in range(3, 403, 4)}) == 4


def test_the_first_lot_not_accepted_brings_back_every_lot():
    rule = SkipRule(qualify=1, every=2)
    state = skip_after(Skipping(), rule, accepted=True)
    assert state.skips

    state = skip_after(state, rule, accepted=False)

    assert (state, inspects_next(state, rule, chance=0.9)[0]) == (Skipping(), True)


def test_a_rule_that_skips_nothing_is_refused():
    with pytest.raises(ValueError, match="at most one of two"):
        SkipRule(every=1)
