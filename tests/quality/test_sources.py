"""Lots of one source are inspected by what became of those before: stricter, milder, not at all, or no longer."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from inventory import services as inventory
from inventory.models import Lot
from mes.console.decisions.judging import discontinued_sources
from mes.core.models import Fact
from quality import services
from quality.models import Inspection, SamplingScheme, SamplingSource, SeverityChange, Stage
from quality.services import sizing
from tests import plant
from tests.racing import at_once

pytestmark = pytest.mark.django_db
AT: dict[str, Any] = {"at": plant.MONDAY}


def scheme_of(kind: str = "single", aql: str = "1.0", **fields: Any) -> SamplingScheme:
    return SamplingScheme.objects.create(name=plant.next_name("Z1.4"), kind=kind, aql=Decimal(aql), **fields)


def receiving_plan(scheme: SamplingScheme, **fields: Any):
    """A plan with one thing to judge by eye."""
    return plant.make_inspection_plan(
        plant.make_item(kind="raw"), Stage.RECEIVING, characteristics=[{}], sampling=scheme, **fields
    )


def deliver(plan, quantity=60, *, supplier=None) -> Inspection:
    lot = services.receive(plan.item, Decimal(quantity), supplier=supplier, by=plant.make_user(), **AT)
    return Inspection.objects.select_related("plan__sampling", "lot__item__site", "source").get(lot=lot)


def judge(inspection: Inspection, bad: int = 0) -> Inspection:
    """Enter the whole sample, `bad` of which do not conform."""
    (characteristic,) = inspection.plan.characteristics.all()
    entries = [
        services.Entry(characteristic, piece, conforms=piece > bad)
        for piece in range(1, inspection.sample_size + 1)
    ]
    services.record_results(inspection, entries, by=plant.make_user(), **AT)
    return inspection


def run(plan, verdicts: str, *, supplier=None) -> SamplingSource:
    """Deliver and inspect lots: "+" without a fault, "-" with as many as it takes to be rejected."""
    for verdict in verdicts:
        inspection = deliver(plan, supplier=supplier)
        judge(inspection, bad=0 if verdict == "+" else inspection.sampling_plan[0].reject)
    return SamplingSource.objects.get(plan_code=plan.code, supplier=supplier)


def test_a_sample_is_sized_by_the_standard_and_says_why():
    inspection = deliver(receiving_plan(scheme_of()), 1000)

    assert (inspection.sample_size, inspection.code_letter, inspection.severity) == (80, "J", "normal")
    assert inspection.sampling_plan == ((80, 2, 3),)
    assert inspection.sampled_because == (
        "Code letter J for 501 to 1,200 pieces at level II, AQL 1.0: 80 of 1,000, accepted up to 2. "
        "Normal since 2 Mar: where every source begins."
    )


def test_a_sample_as_large_as_the_lot_is_the_lot():
    inspection = deliver(receiving_plan(scheme_of(aql="0.10")), 100)

    assert inspection.sample_size == 100
    assert "every piece, for the sample is as large as the lot" in inspection.sampled_because


def test_what_is_weighed_has_no_pieces_to_draw():
    item = plant.make_item(kind="raw", uom="KGM")
    plan = plant.make_inspection_plan(item, Stage.RECEIVING, sampling=scheme_of())

    inspection = deliver(plan, 1000)

    assert inspection.sample_size == 1
    assert "not counted" in inspection.sampled_because


def test_two_lots_not_accepted_tighten_the_next_and_five_accepted_loosen_it_again():
    plan = receiving_plan(scheme_of(aql="2.5"))

    source = run(plan, "+--")
    tightened = deliver(plan)
    assert (source.severity, tightened.severity) == ("tightened", "tightened")
    assert "Tightened since 2 Mar: 2 of 3 lots in a row were not accepted" in tightened.sampled_because
    judge(tightened)
    run(plan, "++++")

    changes = list(SeverityChange.objects.order_by("pk").values_list("before", "now"))
    assert changes == [("normal", "tightened"), ("tightened", "normal")]
    assert Fact.objects.filter(name="quality.SeverityChanged").count() == 2
    assert deliver(plan).severity == "normal"


def test_ten_accepted_lots_reduce_inspection_and_the_inspection_says_since_when():
    plan = receiving_plan(scheme_of(aql="2.5"))

    run(plan, "+" * 10)

    reduced = deliver(plan, 1000)
    assert (reduced.severity, reduced.sample_size) == ("reduced", 32)
    assert "Reduced since 2 Mar: 10 lots in a row were accepted" in reduced.sampled_because


def test_a_reduced_lot_between_the_numbers_is_accepted_and_the_next_is_normal():
    plan = receiving_plan(scheme_of(aql="2.5"))
    run(plan, "+" * 10)
    reduced = deliver(plan, 1000)
    assert reduced.sampling_plan == ((32, 2, 5),)

    judge(reduced, bad=3)

    assert reduced.status == Inspection.Status.PASSED
    assert deliver(plan).severity == "normal"


def test_every_supplier_has_a_record_of_its_own():
    plan = receiving_plan(scheme_of(aql="2.5"))
    good, poor = plant.make_supplier(), plant.make_supplier()

    run(plan, "--", supplier=poor)

    assert deliver(plan, supplier=poor).severity == "tightened"
    assert deliver(plan, supplier=good).severity == "normal"


def test_a_record_may_be_kept_by_machine():
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[{}], sampling=scheme_of(aql="2.5", source="line")
    )
    for _ in range(2):
        lot = plant.make_lot(plan.item, 60, status=Lot.Status.IN_PROCESS)
        inspection = services.open_inspection(plan, lot, lot_quantity=Decimal(60), line="MILL-1", **AT)
        judge(inspection, bad=inspection.sampling_plan[0].reject)

    lot = plant.make_lot(plan.item, 60, status=Lot.Status.IN_PROCESS)
    here = services.open_inspection(plan, lot, lot_quantity=Decimal(60), line="MILL-1", reference="a", **AT)
    there = services.open_inspection(plan, lot, lot_quantity=Decimal(60), line="MILL-2", reference="b", **AT)
    assert (here.severity, there.severity) == ("tightened", "normal")


def test_a_lot_inspected_again_counts_for_nothing_but_one_whose_inspection_was_cancelled_does():
    plan = receiving_plan(scheme_of(aql="2.5"))
    who = {"by": plant.make_user(), **AT}
    failed = deliver(plan)
    judge(failed, bad=failed.sampling_plan[0].reject)
    services.decide_nonconformance(failed.nonconformance, "reinspect", "Sorted out", **who)
    again = Inspection.objects.get(repeats=failed)
    judge(again, bad=again.sampling_plan[0].reject)
    assert SamplingSource.objects.get(plan_code=plan.code).severity == "normal"

    cancelled = deliver(plan)
    services.cancel_inspection(cancelled, "Wrong drawing", **who)
    anew = services.repeat_inspection(cancelled, **who)
    judge(anew, bad=anew.sampling_plan[0].reject)

    assert SamplingSource.objects.get(plan_code=plan.code).severity == "tightened"


def test_five_rejected_on_tightened_inspection_hold_all_further_lots_until_somebody_restarts():
    plan = receiving_plan(scheme_of(aql="2.5"))
    source = run(plan, "--" + "-----")
    assert source.is_discontinued

    waiting = deliver(plan)
    with pytest.raises(
        services.Discontinued, match="5 lots were not accepted on tightened inspection"
    ) as refusal:
        judge(waiting)
    assert "restart its inspection" in refusal.value.remedy
    assert not waiting.measurements.exists()
    (told,) = discontinued_sources(plant.MONDAY)
    assert (told.status, told.what) == ("Discontinued", f"No lot of {source} is judged any more")
    assert "5 lots were not accepted on tightened inspection. 1 lot waits" in told.why
    assert [str(each) for each in source.changes.order_by("pk")] == [
        f"{source}: normal to tightened",
        f"{source}: tightened to discontinued",
    ]
    with pytest.raises(inventory.ReasonMissing):
        services.restart_inspection(source, " ", by=plant.make_user(), **AT)
    services.restart_inspection(source, "New mould at the supplier's", by=plant.make_user(), **AT)
    judge(Inspection.objects.get(pk=waiting.pk))

    source.refresh_from_db()
    assert (source.severity, source.is_discontinued) == ("tightened", False)
    assert not list(discontinued_sources(plant.MONDAY))
    assert source.changes.filter(why="Restarted: New mould at the supplier's").exists()
    with pytest.raises(services.NotDiscontinued):
        services.restart_inspection(source, "Again", by=plant.make_user(), **AT)


def test_unsteady_production_ends_reduced_inspection():
    plan = receiving_plan(scheme_of(aql="2.5"))
    source = run(plan, "+" * 10)
    who = {"by": plant.make_user(), **AT}

    services.set_steadiness(source, is_steady=False, reason="Line stands half the week", **who)

    assert deliver(plan).severity == "normal"
    assert run(plan, "+" * 9).severity == "normal"
    with pytest.raises(services.AlreadySo):
        services.set_steadiness(source, is_steady=False, reason="Again", **who)


def test_a_revision_of_the_plan_goes_on_with_the_record():
    plan = receiving_plan(scheme_of(aql="2.5"))
    run(plan, "--")
    draft = services.revise_inspection_plan(plan, "B")
    services.approve_inspection_plan(draft, by=plant.make_user(), **AT)

    assert deliver(draft).severity == "tightened"


def test_a_good_source_has_lots_skipped_which_go_on_at_once_and_say_why(monkeypatch):
    plan = receiving_plan(scheme_of(kind="fixed", aql="1.0", size=1, skip_qualifies=2, skip_every=3))
    monkeypatch.setattr(sizing._chance, "random", lambda: 0.99)  # the last of each three
    run(plan, "++")

    skipped, also, inspected = deliver(plan), deliver(plan), deliver(plan)

    assert [each.status for each in (skipped, also, inspected)] == ["skipped", "skipped", "open"]
    assert skipped.lot.status == Lot.Status.RELEASED
    assert "after 2 accepted lots in a row one of 3 is inspected" in skipped.sampled_because
    assert inspected.sampled_because.endswith(
        "After 2 accepted lots in a row one of 3 is inspected, drawn at random; this one was drawn."
    )
    assert Inspection.objects.cleared().filter(pk=skipped.pk).exists()
    assert Fact.objects.filter(name="quality.InspectionPassed", payload__inspection=skipped.pk).exists()
    with pytest.raises(services.InspectionClosed, match="is skipped"):
        judge(skipped)
    judge(inspected, bad=1)
    assert deliver(plan).status == Inspection.Status.OPEN


def test_a_report_names_the_lots_that_were_spared_on_the_record_that_it_ends(monkeypatch):
    plan = receiving_plan(scheme_of(kind="zero", skip_qualifies=2, skip_every=3))
    monkeypatch.setattr(sizing._chance, "random", lambda: 0.99)
    run(plan, "++")
    long_ago = deliver(plan), deliver(plan)
    judge(deliver(plan))
    spared, also = deliver(plan), deliver(plan)
    failed = judge(deliver(plan), bad=1)
    client = Client()
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))

    page = client.get(
        reverse("admin:quality_nonconformance_change", args=[failed.nonconformance.pk])
    ).content.decode()

    told = page[page.index("<strong>Not inspected:</strong>") :].partition("</p>")[0]
    assert [str(each.lot) in told for each in (spared, also, *long_ago)] == [True, True, False, False]
    assert "Look at them too" in told


def test_lots_are_skipped_where_severity_never_switches_too(monkeypatch):
    plan = receiving_plan(scheme_of(switches=False, skip_qualifies=2, skip_every=3))
    monkeypatch.setattr(sizing._chance, "random", lambda: 0.99)
    run(plan, "++")

    assert deliver(plan).status == Inspection.Status.SKIPPED


def page_of(source: SamplingSource) -> str:
    client = Client()
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))
    return client.get(reverse("admin:quality_samplingsource_change", args=[source.pk])).content.decode()


def test_the_page_of_a_source_says_what_is_missing_for_the_next_switch_and_lists_its_lots():
    plan = receiving_plan(scheme_of(skip_qualifies=18, skip_every=3))

    normal = page_of(run(plan, "++-"))
    tightened = page_of(run(plan, "-+++"))
    again = page_of(run(plan, "++"))
    reduced = page_of(run(plan, "+" * 10))

    assert "Tightened if the next lot is not accepted: one of those before it was not." in normal
    assert "Reduced after 10 accepted in a row: 0 so far." in normal
    assert "Lots are skipped after 18 accepted in a row: 0 so far." in normal
    assert "Normal again after 5 accepted in a row: 3 so far." in tightened
    assert "Stopped after 5 not accepted: 0 so far." in tightened
    assert "Tightened by 2 lots not accepted of any 5 in a row." in again
    assert "The next lot that is not accepted, or only just, makes it normal again." in reduced
    assert "One lot of 3 is inspected, drawn at random" in page_of(run(plan, "+++"))
    assert [page.count("<td>tightened</td>") for page in (normal, tightened, again)] == [0, 3, 5]


def test_the_page_of_a_source_that_never_switches_tells_no_severity_and_no_sample_of_what_was_skipped(
    monkeypatch,
):
    plan = receiving_plan(scheme_of(kind="zero", skip_qualifies=2, skip_every=2))
    monkeypatch.setattr(sizing._chance, "random", lambda: 0.99)  # the last of each two
    source = run(plan, "++")
    skipped = deliver(plan)

    page = page_of(source)

    assert "neither stricter nor milder from lot to lot" in page
    assert "<th>Severity</th>" not in page
    assert "where every source begins" not in page
    row = page[page.index(f">{skipped.lot}</a>") :].partition("</tr>")[0]
    assert "<td>–</td>" in row
    assert page.count(f"<td>{skipped.sample_size}</td>") == 2


@pytest.mark.parametrize(
    ("scheme", "is_asked"),
    [({}, True), ({"reduces": False}, False), ({"switches": False}, False), ({"kind": "zero"}, False)],
)
def test_whether_production_is_steady_is_asked_where_inspection_may_be_reduced(scheme, is_asked):
    fields = {"skip_qualifies": 18, "skip_every": 3} | scheme
    plan = receiving_plan(scheme_of(**fields))

    assert ("Steady or not…" in page_of(run(plan, "+"))) is is_asked


def test_levels_are_called_as_in_the_standard():
    assert scheme_of(level="II").get_level_display() == "II"
    assert scheme_of(level="S-3").get_level_display() == "S-3"


def test_a_double_plan_draws_its_second_sample_only_when_the_first_leaves_it_open():
    plan = receiving_plan(scheme_of("double", "2.5"))
    clear, unclear = deliver(plan, 1000), deliver(plan, 1000)
    assert "up to 2 samples of 50" in clear.sampled_because

    judge(clear, bad=2)
    judge(unclear, bad=3)

    assert (clear.status, clear.sample_size) == ("passed", 50)
    assert (unclear.status, unclear.drawn, unclear.sample_size) == ("open", 2, 100)
    (characteristic,) = plan.characteristics.all()
    rest = [services.Entry(characteristic, piece, conforms=piece > 53) for piece in range(51, 101)]
    services.record_results(unclear, rest, by=plant.make_user(), **AT)
    assert unclear.status == Inspection.Status.PASSED  # six in both together
    assert unclear.lot.status == Lot.Status.RELEASED


def test_a_multiple_plan_rejects_as_soon_as_it_may():
    plan = receiving_plan(scheme_of("multiple", "2.5"))
    inspection = deliver(plan, 1000)
    assert len(inspection.sampling_plan) == 7

    judge(inspection, bad=4)

    assert (inspection.status, inspection.sample_size) == ("failed", 20)
    assert inspection.nonconformance.quantity == 1000


def test_where_the_scheme_stops_early_the_verdict_falls_as_soon_as_it_is_certain():
    inspection = deliver(receiving_plan(scheme_of(aql="1.0", stops_early=True)), 1000)
    (characteristic,) = inspection.plan.characteristics.all()
    for piece in range(1, 4):
        services.record_measurement(
            inspection, characteristic, piece=piece, conforms=False, by=plant.make_user(), **AT
        )

    assert inspection.status == Inspection.Status.FAILED

    good = deliver(receiving_plan(scheme_of(aql="1.0", stops_early=True)), 1000)
    (characteristic,) = good.plan.characteristics.all()
    for piece in range(1, 79):
        services.record_measurement(
            good, characteristic, piece=piece, conforms=True, by=plant.make_user(), **AT
        )
    assert good.status == Inspection.Status.PASSED  # the last two may fail


def test_where_it_does_not_a_person_may_conclude_once_the_verdict_is_certain():
    inspection = deliver(receiving_plan(scheme_of(aql="1.0")), 1000)
    (characteristic,) = inspection.plan.characteristics.all()
    who = {"by": plant.make_user(), **AT}
    services.record_measurement(inspection, characteristic, piece=1, conforms=False, **who)
    with pytest.raises(services.Incomplete, match="79 of 80 results are missing"):
        services.conclude_inspection(inspection, **who)
    for piece in (2, 3):
        services.record_measurement(inspection, characteristic, piece=piece, conforms=False, **who)
    assert inspection.status == Inspection.Status.OPEN

    services.conclude_inspection(inspection, **who)

    assert inspection.status == Inspection.Status.FAILED


def test_nonconformities_per_hundred_pieces_are_counted_on_each_piece():
    plan = plant.make_inspection_plan(
        plant.make_item(kind="raw"),
        Stage.RECEIVING,
        characteristics=[{"kind": "count"}],
        sampling=scheme_of(aql="10", counts="defects"),
    )
    (characteristic,) = plan.characteristics.all()
    who = {"by": plant.make_user(), **AT}
    inspection = deliver(plan, 60)  # 13 pieces, 3 nonconformities accepted
    assert inspection.sampling_plan == ((13, 3, 4),)

    for count, told in (("1.5", "whole number"), ("-1", "whole number")):
        with pytest.raises(services.InvalidMeasurement, match=told):
            services.record_measurement(inspection, characteristic, value=Decimal(count), **who)
    entries = [
        services.Entry(characteristic, piece, Decimal(4 if piece == 1 else 0)) for piece in range(1, 14)
    ]
    services.record_results(inspection, entries, **who)

    assert inspection.status == Inspection.Status.FAILED  # one piece, but four nonconformities


def test_a_sample_larger_than_the_lot_is_refused():
    plan = plant.make_inspection_plan()
    lot = plant.make_lot(plan.item, 10, status=Lot.Status.QUARANTINE)

    with pytest.raises(services.SampleTooLarge, match="1 to 10, not 11") as refusal:
        services.open_inspection(plan, lot, lot_quantity=Decimal(10), sample_size=11, **AT)
    assert "sample_size" in refusal.value.errors
    assert not Inspection.objects.exists()

    inspection = services.open_inspection(plan, lot, lot_quantity=Decimal(10), sample_size=10, **AT)
    assert inspection.sample_size == 10


def test_a_scheme_that_names_no_plan_of_the_standard_is_refused_by_name():
    for fields, field in (
        ({"kind": "single"}, "aql"),
        ({"kind": "single", "aql": Decimal("0.7")}, "aql"),
        ({"kind": "zero", "aql": Decimal(15)}, "aql"),
        ({"kind": "single", "aql": Decimal(15)}, "counts"),
        ({"kind": "fixed"}, "size"),
        ({"kind": "fixed", "size": Decimal("1.5")}, "size"),
        ({"skip_every": 3}, "skip_every"),
        ({"skip_every": 1, "skip_qualifies": 5}, "skip_every"),
    ):
        with pytest.raises(ValidationError) as refusal:
            SamplingScheme(name="X", **fields).clean()
        assert field in refusal.value.message_dict, fields
    with pytest.raises(DatabaseError), transaction.atomic():
        SamplingScheme.objects.create(name="X", kind="single")


def test_changes_of_severity_are_never_changed():
    run(receiving_plan(scheme_of(aql="2.5")), "--")

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        SeverityChange.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_verdicts_that_fall_at_the_same_moment_are_both_counted():
    plan = receiving_plan(scheme_of(aql="2.5"))
    first, second = deliver(plan), deliver(plan)

    outcomes = at_once(
        lambda: judge(Inspection.objects.get(pk=first.pk), bad=first.sampling_plan[0].reject),
        lambda: judge(Inspection.objects.get(pk=second.pk), bad=second.sampling_plan[0].reject),
    )

    assert [each.status for each in outcomes] == ["failed", "failed"]
    source = SamplingSource.objects.get(plan_code=plan.code)
    assert (source.severity, SeverityChange.objects.count()) == ("tightened", 1)


@pytest.mark.django_db(transaction=True)
def test_the_first_two_lots_of_a_source_that_come_at_once_make_one_record():
    plan = receiving_plan(scheme_of(aql="2.5"))
    supplier = plant.make_supplier()

    outcomes = at_once(*[lambda: deliver(plan, supplier=supplier)] * 3)

    assert len({each.source_id for each in outcomes}) == 1
    assert SamplingSource.objects.filter(plan_code=plan.code).count() == 1
