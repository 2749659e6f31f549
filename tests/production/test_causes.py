"""Why an order ends when it does: the chain of what it waits for, on plants small enough to know the answer."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from production.causes import Before, Busy, Hold, Kind, Lack, Lane, Link, Work, causes, chain
from tests.plant import MONDAY

HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def work(
    operation: int, start: float, end: float, *, setup: float = 0, place: str = "lathe", **fields
) -> Work:
    return Work(operation, place, at(start), at(start + setup), at(end), **fields)


def told(links: tuple[Link, ...]) -> list[tuple[str, float, float]]:
    """Kind and hours from Monday at eight."""
    hours = [((link.starts_at - MONDAY) / HOUR, (link.ends_at - MONDAY) / HOUR) for link in links]
    return [(str(link.kind), *between) for link, between in zip(links, hours, strict=True)]


def explain(
    *works: Work, lanes: dict[str, Lane] | None = None, last: int | None = None
) -> list[tuple[str, float, float]]:
    own = {each.operation: each for each in works}
    return told(chain(last or works[-1].operation, own, lanes or {}, origin=MONDAY))


def test_work_that_begins_at_once_is_set_up_and_run():
    assert explain(work(1, 0, 5, setup=1)) == [("setup", 0, 1), ("processing", 1, 5)]


def test_work_under_way_counts_from_now_on():
    assert explain(work(1, -7, 5, setup=1)) == [("processing", 0, 5)]


def test_a_busy_machine_is_waited_for_and_says_whom_it_works_for():
    lane = Lane(busy=(Busy(8, at(-2), at(3)), Busy(9, at(3), at(6)), Busy(1, at(6), at(7))))

    links = chain(1, {1: work(1, 6, 7)}, {"lathe": lane}, origin=MONDAY)

    assert told(links) == [("machine", 0, 3), ("machine", 3, 6), ("processing", 6, 7)]
    assert [link.by for link in links] == [8, 9, None]


def test_a_step_waits_for_the_one_before_and_only_then_for_its_machine():
    mill = Lane(busy=(Busy(9, at(1), at(6)),))

    found = explain(
        work(1, 0, 4, place="saw"), work(2, 6, 8, place="mill", before=(Before(1),)), lanes={"mill": mill}
    )

    assert found == [("processing", 0, 4), ("machine", 4, 6), ("processing", 6, 8)]


def test_a_step_waits_for_the_verdict_on_the_one_before():
    found = explain(work(1, 0, 4), work(2, 5, 8, place="mill", before=(Before(1, verdict=HOUR),)))

    assert found == [("processing", 0, 4), ("inspection", 4, 5), ("processing", 5, 8)]


def handing_on(*, second_run: float, second_start: float) -> tuple[Link, ...]:
    """Eight hours of work that hand on a quarter at a time, on a machine that is closed for two of ten."""
    saw = Lane(closed=((at(1), at(3)),))
    works = {
        1: work(1, 0, 10, place="saw"),
        2: work(
            2,
            second_start,
            second_start + second_run,
            place="mill",
            before=(Before(1, share=0.25, amount="20 pcs"),),
        ),
    }
    return chain(2, works, {"saw": saw}, origin=MONDAY)


def test_a_step_that_starts_on_the_first_transfer_batch_waits_for_that_alone():
    links = handing_on(second_run=9, second_start=4)

    assert told(links) == [
        ("processing", 0, 1), ("closed", 1, 3), ("processing", 3, 4), ("processing", 4, 13),
    ]  # fmt: skip
    assert [link.part for link in links] == ["first 20 pcs"] * 3 + [""]
    assert [link.operation for link in links] == [1, 1, 1, 2]


def test_a_quick_step_ends_as_soon_as_it_has_worked_on_the_last_transfer_batch():
    links = handing_on(second_run=4, second_start=7)

    assert told(links)[-2:] == [("processing", 3, 10), ("processing", 10, 11)]
    assert [(link.operation, link.part) for link in links[-2:]] == [(1, ""), (2, "last 20 pcs")]


def test_a_machine_that_is_busy_after_the_first_transfer_batch_is_waited_for():
    works = {
        1: work(1, 0, 8, place="saw"),
        2: work(2, 5, 14, place="mill", before=(Before(1, share=0.25, amount="20 pcs"),)),
    }

    links = chain(2, works, {"mill": Lane(busy=(Busy(9, at(1), at(5)),))}, origin=MONDAY)

    assert told(links) == [("processing", 0, 2), ("machine", 2, 5), ("processing", 5, 14)]


def test_material_that_comes_last_is_what_is_waited_for():
    steel = Hold(Kind.MATERIAL, at(9), "steel")
    paint = Hold(Kind.MATERIAL, at(4), "paint")

    links = chain(1, {1: work(1, 9, 10, holds=(paint, steel))}, {}, origin=MONDAY)

    assert told(links) == [("material", 0, 9), ("processing", 9, 10)]
    assert links[0].hold == steel


def test_a_held_lot_and_a_late_release_are_waited_for():
    assert explain(work(1, 5, 6, holds=(Hold(Kind.HOLD, at(5)),)))[0] == ("hold", 0, 5)
    assert explain(work(1, 5, 6, holds=(Hold(Kind.RELEASE, at(5)),)))[0] == ("release", 0, 5)


def test_an_assembly_waits_for_its_sub_order_and_goes_on_with_what_that_waited_for():
    found = explain(
        work(1, 6, 9, place="press", holds=(Hold(Kind.MATERIAL, at(6)),)),
        work(2, 0, 2, place="saw"),
        work(3, 9, 10, before=(Before(2), Before(1))),
    )

    assert found == [("material", 0, 6), ("processing", 6, 9), ("processing", 9, 10)]


def test_closed_hours_and_a_breakdown_interrupt_the_work_and_the_wait():
    lane = Lane(
        busy=(Busy(9, at(0), at(2)),), closed=((at(2), at(4)), (at(8), at(16))), down=((at(17), at(18)),)
    )

    found = explain(work(1, 4, 20), lanes={"lathe": lane})

    assert found == [
        ("machine", 0, 2),
        ("closed", 2, 4),
        ("processing", 4, 8),
        ("closed", 8, 16),
        ("processing", 16, 17),
        ("down", 17, 18),
        ("processing", 18, 20),
    ]


def test_a_tool_that_another_has_or_that_is_away_is_waited_for_while_the_machine_is_free():
    lane = Lane(busy=(Busy(9, at(0), at(1)),))
    lacks = (Lack("tool JIG", at(0), at(3), by=8), Lack("tool JIG", at(3), at(4)))

    links = chain(1, {1: work(1, 5, 6, lacks=lacks)}, {"lathe": lane}, origin=MONDAY)

    assert told(links) == [
        ("machine", 0, 1),
        ("tool", 1, 3),
        ("tool", 3, 4),
        ("plan", 4, 5),
        ("processing", 5, 6),
    ]
    assert [link.by for link in links] == [9, 8, None, None, None]
    [cause] = [cause for cause in causes(links, HOUR) if cause.kind is Kind.TOOL]
    assert cause.hours == 3, "one tool, whoever has it"


def test_a_start_that_nothing_explains_is_the_plans_own_choice():
    assert explain(work(1, 3, 4)) == [("plan", 0, 3), ("processing", 3, 4)]


def test_a_plan_that_is_overtaken_still_adds_up():
    """Material that is known by now to come later than the plan has the operation; a step that ends after its successor begins."""
    late = work(2, 5, 8, place="mill", before=(Before(1),), holds=(Hold(Kind.MATERIAL, at(4)),))

    assert explain(work(1, 0, 6), late) == [("processing", 0, 5), ("processing", 5, 8)]
    assert explain(work(1, 2, 3, holds=(Hold(Kind.MATERIAL, at(9)),))) == [
        ("material", 0, 2),
        ("processing", 2, 3),
    ]
    assert explain(work(1, -9, -1)) == []


def test_what_could_make_up_for_the_lateness_binds_and_the_sooner_mended_first():
    lane = Lane(busy=(Busy(9, at(0), at(6)),), closed=((at(8), at(24)),))
    links = chain(1, {1: work(1, 6, 30)}, {"lathe": lane}, origin=MONDAY)

    def binding(lateness: float) -> str:
        return str(causes(links, lateness * HOUR)[0].kind)

    assert binding(5) == "machine", "either would do, and the queue is sooner mended"
    assert binding(10) == "closed", "without the queue it would still be late"
    assert binding(-3) == "closed", "on time: the longest"
    assert [cause.hours for cause in causes(links, 5 * HOUR)] == [6, 16, 8]


moments = st.integers(0, 60)
stretches = st.lists(st.tuples(moments, st.integers(1, 20)), max_size=4)


@st.composite
def plants(draw: st.DrawFn) -> tuple[dict[int, Work], dict[str, Lane]]:
    """Operations in any order and place, with predecessors before them in number; nothing need make sense."""
    lanes = {}
    for place in ("lathe", "mill"):
        busy = tuple(
            Busy(100 + n, at(start), at(start + length)) for n, (start, length) in enumerate(draw(stretches))
        )
        closed, down = (
            tuple((at(start), at(start + length)) for start, length in draw(stretches)) for _ in range(2)
        )
        lanes[place] = Lane(busy, closed, down)
    works = {}
    for operation in range(draw(st.integers(1, 5))):
        start, length = draw(st.integers(-10, 60)), draw(st.integers(0, 20))
        before = draw(st.sets(st.integers(0, operation - 1), max_size=2)) if operation else ()
        works[operation] = work(
            operation,
            start,
            start + length,
            setup=draw(st.integers(0, length)),
            place=draw(st.sampled_from(["lathe", "mill", "oven"])),
            before=tuple(
                Before(each, draw(st.integers(0, 3)) * HOUR, draw(st.sampled_from((1.0, 1.0, 0.25))))
                for each in sorted(before)
            ),
            holds=tuple(Hold(Kind.MATERIAL, at(draw(moments))) for _ in range(draw(st.integers(0, 2)))),
        )
    return works, lanes


@given(plants())
def test_links_follow_each_other_from_now_to_the_end_and_add_up(plant):
    works, lanes = plant
    for last, own in works.items():
        links = chain(last, works, lanes, origin=MONDAY)
        if own.ends_at <= MONDAY:
            assert links == ()
            continue
        assert (links[0].starts_at, links[-1].ends_at) == (MONDAY, own.ends_at)
        assert all(link.ends_at > link.starts_at for link in links)
        assert all(one.ends_at == next_.starts_at for one, next_ in pairwise(links))
        found = causes(links, timedelta())
        assert sum((cause.span for cause in found), timedelta()) == own.ends_at - MONDAY
