"""A machine is cleaned between two products, and the next one waits for that and for the check by a second person."""

import pytest
from django.db import ProgrammingError, transaction

from mes.core.refusals import InvalidInput
from production import services
from production.forms.machines import CleaningForm
from production.models import (
    Cleaning,
    CleaningCheck,
    WorkCenter,
)
from tests.plant import MONDAY, make_site, make_user
from tests.production.gated import HOUR, clean, finish, first_of, line, start
from tests.shop import (
    make_made_item,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db


def test_the_next_product_waits_for_the_cleaning_and_its_check_by_a_second_person():
    nuts, plain, machine = line()
    finish(start(nuts))
    cleaner = make_user()

    with pytest.raises(services.NotClean, match="Allergen wet clean” is not recorded"):
        start(plain, at=MONDAY + 2 * HOUR)
    clean(machine, "Dry wipe")
    with pytest.raises(services.NotClean, match="not recorded"):
        start(plain, at=MONDAY + 2 * HOUR)
    cleaning = clean(machine, by=cleaner)
    with pytest.raises(services.NotClean, match="was not checked by a second person yet"):
        start(plain, at=MONDAY + 2 * HOUR)
    with pytest.raises(services.OwnCleaning, match="Ask somebody else"):
        services.check_cleaning(cleaning, is_clean=True, by=cleaner, at=MONDAY + 2 * HOUR)
    services.check_cleaning(cleaning, is_clean=True, by=make_user(), at=MONDAY + 2 * HOUR)

    assert start(plain, at=MONDAY + 3 * HOUR).status == "running"
    assert cleaning.after == nuts


def test_a_machine_found_not_clean_is_cleaned_again():
    nuts, plain, machine = line()
    finish(start(nuts))
    cleaning = clean(machine)

    with pytest.raises(InvalidInput, match="Say what was found"):
        services.check_cleaning(cleaning, is_clean=False, by=make_user(), at=MONDAY + 2 * HOUR)
    services.check_cleaning(
        cleaning, is_clean=False, note="Swab positive", by=make_user(), at=MONDAY + 2 * HOUR
    )
    with pytest.raises(services.CleaningAlreadyChecked):
        services.check_cleaning(cleaning, is_clean=True, by=make_user(), at=MONDAY + 2 * HOUR)

    with pytest.raises(services.NotClean, match="Swab positive"):
        start(plain, at=MONDAY + 3 * HOUR)
    again = clean(machine, at=MONDAY + 3 * HOUR)
    services.check_cleaning(again, is_clean=True, by=make_user(), at=MONDAY + 3 * HOUR)
    assert start(plain, at=MONDAY + 4 * HOUR).status == "running"


def test_a_cleaning_counts_until_something_runs_on_the_machine_again():
    nuts, plain, machine = line(cleaning_is_checked=False)
    clean(machine, at=MONDAY - HOUR)
    finish(start(nuts))

    with pytest.raises(services.NotClean):
        start(plain, at=MONDAY + 2 * HOUR)


def test_what_was_paused_for_another_product_needs_the_cleaning_before_it_goes_on():
    nuts, plain, machine = line(cleaning_is_checked=False)
    start(plain)
    services.pause_operation(plain, by=make_user(), at=MONDAY + HOUR)
    services.resume_operation(plain, by=make_user(), at=MONDAY + HOUR)  # nothing ran meanwhile
    services.pause_operation(plain, by=make_user(), at=MONDAY + 2 * HOUR)
    finish(start(nuts, at=MONDAY + 3 * HOUR), at=MONDAY + 4 * HOUR)

    with pytest.raises(services.NotClean):
        services.resume_operation(plain, by=make_user(), at=MONDAY + 5 * HOUR)
    clean(machine, at=MONDAY + 5 * HOUR)
    assert services.resume_operation(plain, by=make_user(), at=MONDAY + 5 * HOUR).status == "running"


def test_a_line_that_is_cleared_before_every_batch_is_cleared_before_the_first_too():
    site = make_site()
    center = make_work_center(site=site, clearance=WorkCenter.Clearance.BATCH)
    item = make_made_item([center, center], site=site)
    first, second = operations_of(plan_order(item))

    with pytest.raises(services.NotClean, match="cleared before every batch; “Line clearance”"):
        start(first)
    clean(center.machines.get(), "line clearance", at=MONDAY)
    finish(start(first))

    assert start(second, at=MONDAY + HOUR).status == "running"  # the same batch goes on


def test_who_records_a_cleaning_is_told_what_changeovers_and_the_work_center_call_it():
    _, _, machine = line(cleaning="Wet clean")
    center = machine.work_center
    center.clearance = WorkCenter.Clearance.BATCH
    center.save()

    field = CleaningForm(objects=[machine]).fields["kind"]

    assert str(field.help_text).endswith("calls it: Line clearance, Wet clean.")


def test_a_line_that_is_cleared_for_another_item_goes_on_with_the_same():
    site = make_site()
    center = make_work_center(site=site, clearance=WorkCenter.Clearance.PRODUCT)
    item, other = (make_made_item([center], site=site) for _ in range(2))
    finish(start(first_of(item)))
    finish(start(first_of(item), at=MONDAY + HOUR), at=MONDAY + 2 * HOUR)

    with pytest.raises(services.NotClean):
        start(first_of(other), at=MONDAY + 2 * HOUR)


def test_a_machine_that_runs_is_not_cleaned_and_a_cleaning_says_what_was_done():
    nuts, _, machine = line()
    start(nuts)

    with pytest.raises(services.MachineNotIdle, match=str(nuts.batch)):
        clean(machine)
    with pytest.raises(InvalidInput, match="Say what was done"):
        clean(machine, " ")

    assert not Cleaning.objects.exists()


def test_the_database_keeps_whoever_cleaned_from_checking_it():
    _, _, machine = line()
    cleaning = clean(machine)

    with pytest.raises(ProgrammingError, match="somebody else"), transaction.atomic():
        CleaningCheck.objects.create(cleaning=cleaning, is_clean=True, by=cleaning.by, at=MONDAY)
