"""Nonconformances: whose they are, what they cost and why; and corrective actions, until somebody else has seen that they helped."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from rest_framework.test import APIClient

from mes.console.decisions.judging import due_actions
from mes.core.models import Fact
from mes.core.outbox import dispatch_facts
from mes.core.refusals import DomainError, InvalidInput
from mes.core.roles import ensure_roles
from mes.core.states import IllegalTransition
from production import services as production
from quality import services
from quality.forms.actions import PlanActionForm
from quality.models import AnalysisEntry, CorrectiveAction, CostEntry, Nonconformance
from quality.pareto import pareto
from tests.plant import MONDAY, make_item, make_lot, make_site, make_supplier, make_user
from tests.racing import at_once, held_up
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FRIDAY = MONDAY.date() + 4 * DAY
CHECK = MONDAY.date() + 30 * DAY


def found(lot=None, quantity=2, at=MONDAY) -> Nonconformance:
    lot = lot or make_lot(make_item(unit_cost=Decimal("12.50")), 10)
    return services.open_nonconformance(lot, Decimal(quantity), "Burr at the bore", by=make_user(), at=at)


def decide(nonconformance, disposition="scrap", **fields) -> Nonconformance:
    return services.decide_nonconformance(
        nonconformance, disposition, "Beyond repair", by=make_user(), at=MONDAY, **fields
    )


def opened(owner=None, method="five_whys", **given) -> CorrectiveAction:
    fields: dict[str, Any] = {"due_date": FRIDAY, "nonconformances": [found()]} | given
    return services.open_action(
        "No burr any more", owner=owner or make_user(), method=method, by=make_user(), at=MONDAY, **fields
    )


def answer(action, question, text="The tool was blunt") -> AnalysisEntry:
    return services.answer_question(action, question, text, by=make_user(), at=MONDAY)


def planned(**fields) -> CorrectiveAction:
    action = opened(**fields)
    answer(action, "why1")
    answer(action, "why2", "Nobody counts its strokes")
    return services.plan_action(
        action,
        "Count strokes, change at 5,000",
        cause_category="method",
        check_date=CHECK,
        by=make_user(),
        at=MONDAY,
    )


def implemented(**fields) -> CorrectiveAction:
    return services.implement_action(planned(**fields), "Counter fitted", by=make_user(), at=MONDAY + DAY)


def judge(action, is_effective=True, by=None, at=MONDAY + 30 * DAY) -> CorrectiveAction:
    return services.judge_action(action, is_effective, "No burr in 40 batches", by=by or make_user(), at=at)


def test_an_action_goes_from_open_to_closed_and_is_told():
    action = implemented()

    judge(action)
    services.close_action(action, by=make_user(), at=MONDAY + 31 * DAY)

    action.refresh_from_db()
    assert (action.status, action.cause, action.cause_category) == (
        "closed",
        "Nobody counts its strokes",
        "method",
    )
    assert Fact.objects.filter(name="quality.ActionOpened", payload__action=action.pk).exists()
    assert Fact.objects.filter(name="quality.ActionJudged", payload__is_effective=True).exists()


def plan_anew(action: CorrectiveAction) -> None:
    """A month later, with other days."""
    days: dict[str, Any] = {"due_date": FRIDAY + 40 * DAY, "check_date": CHECK + 60 * DAY}
    said: dict[str, Any] = {"by": make_user(), "at": MONDAY + 30 * DAY}
    services.plan_action(action, "Change at 2,000", cause_category="method", **days, **said)


def test_what_did_not_help_is_planned_anew():
    action = judge(implemented(), is_effective=False)

    plan_anew(action)

    assert (action.status, action.judged_by) == ("planned", None)


def test_nothing_is_planned_before_the_cause_is_known():
    action = opened(method="eight_d")
    for question in ("d1", "d2", "d3"):
        answer(action, question)

    with pytest.raises(services.NotAnalysed, match="D4 Root cause is unanswered"):
        services.plan_action(
            action, "Something", cause_category="man", check_date=CHECK, by=make_user(), at=MONDAY
        )

    action.refresh_from_db()
    assert action.status == "open"


def test_an_answer_is_corrected_by_another_and_of_the_methods_own_questions():
    action = opened()
    answer(action, "why1", "Operator")
    answer(action, "why1", "The tool was blunt")

    with pytest.raises(InvalidInput) as refusal:
        answer(action, "d4")
    with pytest.raises(InvalidInput):
        answer(action, "why2", " ")

    assert refusal.value.errors.keys() == {"question"}
    assert services.actions.standing_answers(action) == {"why1": "The tool was blunt"}
    assert action.analysis.count() == 2


def test_it_is_judged_by_somebody_else_and_not_before_its_day():
    owner = make_user()
    action = implemented(owner=owner)

    with pytest.raises(services.TooEarly, match="is to be seen from 1 Apr 2026 on"):
        judge(action, at=MONDAY + 2 * DAY)
    with pytest.raises(services.OwnAction):
        judge(action, by=owner)
    with pytest.raises(IllegalTransition):
        services.close_action(action, by=make_user(), at=MONDAY + 30 * DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectiveAction.objects.filter(pk=action.pk).update(judged_by=owner)

    action.refresh_from_db()
    assert action.status == "implemented"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"due_date": MONDAY.date() - DAY}, "due_date"),
        ({"due_date": date(2999, 1, 1)}, "due_date"),
        ({"nonconformances": []}, "nonconformances"),
    ],
)
def test_bad_input_is_refused_with_the_field_named_and_nothing_is_opened(fields, field):
    with pytest.raises(InvalidInput) as refusal:
        opened(**fields)

    assert refusal.value.errors.keys() == {field}
    assert not CorrectiveAction.objects.exists()


def test_whether_it_helped_is_seen_after_it_was_implemented():
    action = opened()
    answer(action, "why1")
    answer(action, "why2")

    with pytest.raises(InvalidInput) as refusal:
        services.plan_action(
            action, "Plan", cause_category="man", check_date=FRIDAY, by=make_user(), at=MONDAY
        )

    assert refusal.value.errors.keys() == {"check_date"}


def test_an_action_is_overdue_when_not_done_by_its_day_or_not_judged_by_the_day_of_its_check():
    late, waiting = opened(), implemented()

    assert set(CorrectiveAction.objects.overdue(MONDAY + 4 * DAY)) == set()
    assert set(CorrectiveAction.objects.overdue(MONDAY + 5 * DAY)) == {late}
    assert set(CorrectiveAction.objects.overdue(MONDAY + 31 * DAY)) == {late, waiting}
    told = list(due_actions(MONDAY + 31 * DAY))
    assert [each.what for each in told] == [f"{late} No burr any more", f"{waiting} No burr any more"]


def test_on_the_day_of_its_check_an_action_waits_to_be_judged():
    action = implemented()

    assert list(due_actions(MONDAY + 29 * DAY)) == []
    (told,) = due_actions(MONDAY + 30 * DAY)

    assert (told.status, told.what) == ("To judge", f"{action} No burr any more")
    assert (
        told.why
        == f"From today on it can be seen whether it helped; somebody else than {action.owner} judges."
    )


def test_the_dialog_says_beforehand_who_may_not_judge_and_when_it_is_too_early(client: Client):
    owner = make_user(is_staff=True, is_superuser=True)
    client.force_login(owner)
    early = implemented(owner=owner)
    past = implemented(owner=owner)
    CorrectiveAction.objects.filter(pk=past.pk).update(check_date=timezone.now().date() - DAY)
    CorrectiveAction.objects.filter(pk=early.pk).update(check_date=timezone.now().date() + 9 * DAY)

    def dialog(action: CorrectiveAction) -> str:
        return client.get(f"/admin/quality/correctiveaction/{action.pk}/do/judge/").content.decode()

    assert f"Whether {early} helped is to be seen from" in dialog(early)
    assert f"{past} is yours. Let somebody else judge whether it helped." in dialog(past)


def test_the_dialog_asks_the_first_question_that_nobody_answered(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    action = opened()
    answer(action, "why1")

    dialog = client.get(f"/admin/quality/correctiveaction/{action.pk}/do/answer/").content.decode()

    assert '<option value="why2" selected>' in dialog


def test_what_did_not_help_stays_on_the_page_when_it_is_planned_anew(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    action = implemented()
    later = MONDAY + 30 * DAY
    services.judge_action(action, is_effective=False, judgement="Two burrs again", by=make_user(), at=later)
    address = reverse("admin:quality_correctiveaction_change", args=[action.pk])
    assert "What did not help" not in client.get(address).content.decode()
    services.plan_action(
        action,
        "Another tool",
        cause_category="man",
        due_date=later.date() + DAY,
        check_date=later.date() + 9 * DAY,
        by=make_user(),
        at=later,
    )

    page = client.get(address).content.decode()

    assert "What did not help" in page
    assert "Two burrs again" in page


def did_not_help(due_in: timedelta, check_in: timedelta) -> CorrectiveAction:
    """An action that was judged in vain, with its old days so far from today."""
    action = judge(implemented(), is_effective=False)
    today = timezone.now().date()
    CorrectiveAction.objects.filter(pk=action.pk).update(due_date=today + due_in, check_date=today + check_in)
    return CorrectiveAction.objects.get(pk=action.pk)


def plan_form_of(action: CorrectiveAction) -> PlanActionForm:
    return PlanActionForm(objects=[action])


def test_planning_anew_begins_with_the_cause_that_is_known_and_the_days_still_to_come():
    action = did_not_help(due_in=5 * DAY, check_in=40 * DAY)

    form = plan_form_of(action)

    begun = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    assert begun == {
        "plan": None,
        "cause": "Nobody counts its strokes",
        "cause_category": "method",
        "due_date": action.due_date,
        "check_date": action.check_date,
    }


def test_planning_anew_asks_for_another_day_where_the_old_one_has_passed():
    action = did_not_help(due_in=-20 * DAY, check_in=-3 * DAY)

    form = plan_form_of(action)

    assert form.get_initial_for_field(form.fields["due_date"], "due_date") is None
    assert form.get_initial_for_field(form.fields["check_date"], "check_date") is None
    assert form.fields["due_date"].required
    assert f"It was {date_format(action.due_date)}, which has passed" in str(
        form.fields["due_date"].help_text
    )


def test_an_analysis_made_since_names_the_cause_when_it_is_planned_anew():
    action = did_not_help(due_in=5 * DAY, check_in=40 * DAY)
    services.answer_question(action, "why3", "No counter fits it", by=make_user(), at=MONDAY + 31 * DAY)

    form = plan_form_of(action)

    assert form.get_initial_for_field(form.fields["cause"], "cause") is None


def test_no_kind_of_cause_is_chosen_before_somebody_chooses():
    form = plan_form_of(opened())

    assert form["cause_category"].value() in {None, ""}
    assert next(iter(form.fields["cause_category"].choices)) == ("", "–")


def test_a_day_that_nobody_typed_is_not_blamed_on_whoever_plans_anew():
    action = judge(implemented(), is_effective=False)

    with pytest.raises(InvalidInput, match="It was due by 6 Mar 2026: say by when it is done now"):
        services.plan_action(
            action,
            "Change at 2,000",
            cause_category="method",
            check_date=CHECK + 60 * DAY,
            by=make_user(),
            at=MONDAY + 30 * DAY,
        )

    action.refresh_from_db()
    assert action.status == "not_effective"


def test_a_plan_made_anew_stands_without_what_was_done_before_it(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    action = judge(implemented(), is_effective=False)
    address = reverse("admin:quality_correctiveaction_change", args=[action.pk])
    assert "<strong>What was done</strong>" in client.get(address).content.decode()
    plan_anew(action)

    page = client.get(address).content.decode()

    assert "<strong>What was done</strong>" not in page
    assert "Counter fitted" in page, "it stands among what did not help"


def found_in(zone: str) -> Nonconformance:
    return found(make_lot(make_item(site=make_site(time_zone=zone)), 10))


def test_the_days_of_an_action_are_days_of_the_plant_whose_lots_it_is_about():
    """At 06:00 UTC it is evening in Auckland and the night before in Honolulu."""
    west, east = (
        opened(nonconformances=[found_in(zone)]) for zone in ("Pacific/Honolulu", "Pacific/Auckland")
    )
    morning = datetime.combine(FRIDAY + DAY, time(6), MONDAY.tzinfo)  # still Friday in Honolulu

    assert set(CorrectiveAction.objects.overdue(morning)) == {east}
    assert [each.what for each in due_actions(morning)] == [f"{east} No burr any more"]
    assert west.local_date(morning) == FRIDAY


def test_today_is_no_past_day_where_the_plant_is_and_a_day_to_come_there_is_too_early():
    at = datetime.combine(FRIDAY, time(6), MONDAY.tzinfo)  # Thursday evening in Honolulu
    west = found_in("Pacific/Honolulu")
    who: dict[str, Any] = {"by": make_user(), "at": at}
    action = services.open_action(
        "No burr", owner=make_user(), due_date=FRIDAY - DAY, nonconformances=[west], **who
    )
    for question in ("why1", "why2"):
        answer(action, question)
    services.plan_action(action, "Count", cause_category="man", check_date=FRIDAY, **who)
    services.implement_action(action, "Counted", **who)

    with pytest.raises(services.TooEarly):
        judge(action, at=at)
    judge(action, at=at + DAY / 2)

    with pytest.raises(InvalidInput, match="past"):
        services.open_action(
            "No burr",
            owner=make_user(),
            due_date=FRIDAY - DAY,
            nonconformances=[found_in("Pacific/Auckland")],
            **who,
        )


def test_a_preventive_action_counts_the_days_of_our_plants():
    make_site(time_zone="Pacific/Honolulu")
    opened(nonconformances=[], kind="preventive")

    assert not CorrectiveAction.objects.overdue(datetime.combine(FRIDAY + DAY, time(6), MONDAY.tzinfo))
    assert CorrectiveAction.objects.overdue(datetime.combine(FRIDAY + DAY, time(11), MONDAY.tzinfo))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_judge_at_once_one_is_told():
    action = implemented()

    outcomes = at_once(
        *(
            lambda helped=helped: judge(CorrectiveAction.objects.get(pk=action.pk), helped)
            for helped in (True, False)
        )
    )

    assert [each.code for each in outcomes if isinstance(each, DomainError)] == ["illegal_transition"]


# --- costs --------------------------------------------------------------------------------------------------------------


def test_what_is_scrapped_costs_its_material_with_the_arithmetic_shown():
    nonconformance = decide(found(), quantity=Decimal(3))

    (cost,) = CostEntry.objects.all()
    assert (cost.nonconformance, cost.kind, cost.amount) == (nonconformance, "material", Decimal("37.50"))
    assert "× 12.5 = 37.50" in cost.arithmetic


def test_a_cost_is_put_otherwise_with_a_reason_and_then_stands():
    nonconformance = decide(found())

    services.put_cost(nonconformance, "material", Decimal(5), "Sold as seconds", by=make_user(), at=MONDAY)

    assert services.ensure_material_cost(nonconformance, Decimal(2), by=make_user(), at=MONDAY) is None
    (standing,) = CostEntry.objects.standing()
    assert (standing.amount, standing.is_computed, CostEntry.objects.count()) == (Decimal(5), False, 2)


@pytest.mark.django_db(transaction=True)
def test_a_cost_that_is_put_while_it_is_worked_out_stands():
    nonconformance, by = decide(found()), make_user()

    held_up(
        lambda: services.put_cost(
            Nonconformance.objects.get(pk=nonconformance.pk),
            "material",
            Decimal(5),
            "Seconds",
            by=by,
            at=MONDAY,
        ),
        by=lambda: services.ensure_material_cost(nonconformance, Decimal(1), by=by, at=MONDAY),
    )

    (standing,) = CostEntry.objects.standing()
    assert (standing.amount, standing.is_computed) == (Decimal(5), False)


@pytest.mark.parametrize(
    ("kind", "amount", "reason", "field"),
    [
        ("time", "5", "x", "kind"),
        ("labour", "-1", "x", "amount"),
        ("labour", "NaN", "x", "amount"),
        ("labour", "5", " ", "reason"),
    ],
)
def test_an_impossible_cost_is_refused(kind, amount, reason, field):
    with pytest.raises(InvalidInput) as refusal:
        services.put_cost(found(), kind, Decimal(amount), reason, by=make_user(), at=MONDAY)

    assert refusal.value.errors.keys() == {field}
    assert not CostEntry.objects.exists()


def test_work_on_what_is_scrapped_is_costed_at_the_work_centers_rate_for_the_part_in_doubt():
    site = make_site()
    item = make_made_item([make_work_center(site=site, hourly_cost=Decimal(60))], site=site)
    (operation,) = operations_of(plan_order(item, 10))
    production.start_operation(operation, by=make_user(), at=MONDAY)
    production.finish_operation(operation, good=Decimal(10), by=make_user(), at=MONDAY + timedelta(hours=2))
    dispatch_facts(at=MONDAY + 9000 * DAY)
    nonconformance = decide(found(operation.batch.lot, quantity=5))
    dispatch_facts(at=MONDAY + 9000 * DAY)

    labour = CostEntry.objects.get(nonconformance=nonconformance, kind="labour")
    assert labour.amount == Decimal(60)  # two hours at 60, for five of ten
    assert "2.00 h × 60" in labour.arithmetic
    assert "5 of 10" in labour.arithmetic


def test_it_is_somebodys_by_a_day_and_its_cause_is_named():
    nonconformance, owner = found(), make_user()

    with pytest.raises(InvalidInput):
        services.assign_nonconformance(nonconformance, owner, MONDAY.date() - DAY, by=owner, at=MONDAY)
    services.assign_nonconformance(nonconformance, owner, FRIDAY, by=owner, at=MONDAY)
    with pytest.raises(InvalidInput) as refusal:
        services.name_cause(nonconformance, "Blunt tool", "weather", by=owner, at=MONDAY)
    services.name_cause(nonconformance, "Blunt tool", "machine", by=owner, at=MONDAY)

    nonconformance.refresh_from_db()
    assert refusal.value.errors.keys() == {"cause_category"}
    assert (nonconformance.owner, nonconformance.due_date, nonconformance.cause_category) == (
        owner,
        FRIDAY,
        "machine",
    )


def test_a_day_is_past_when_it_is_over_where_the_lot_is():
    nonconformance = found(make_lot(make_item(site=make_site(time_zone="Pacific/Auckland")), 10))
    owner, evening = make_user(), MONDAY.replace(hour=20)  # Tuesday morning at that plant

    with pytest.raises(InvalidInput) as refusal:
        services.assign_nonconformance(nonconformance, owner, MONDAY.date(), by=owner, at=evening)
    services.assign_nonconformance(nonconformance, owner, MONDAY.date() + DAY, by=owner, at=evening)

    assert refusal.value.errors.keys() == {"due_date"}
    assert nonconformance.due_date == MONDAY.date() + DAY


def test_a_decision_is_due_by_the_end_of_its_day_where_the_lot_is():
    there = ZoneInfo("Pacific/Auckland")
    lot = make_lot(make_item(site=make_site(time_zone=there.key)), 10)
    nonconformance, owner, tuesday = found(lot), make_user(), MONDAY.date() + DAY
    services.assign_nonconformance(nonconformance, owner, tuesday, by=owner, at=MONDAY)
    over = datetime.combine(tuesday, time.max, there)

    due = [Nonconformance.objects.decisions_due([lot.pk], at) for at in (MONDAY, over + timedelta(seconds=1))]

    assert due == [{lot.pk: over}, {}]


def test_the_dearest_cause_comes_first_and_the_shares_add_up():
    supplier = make_supplier(name="Forge & Co")
    dear = make_item(unit_cost=Decimal(100))
    for category, lot in (("material", make_lot(dear, 10, supplier=supplier)), ("man", None), ("man", None)):
        each = decide(found(lot))
        services.name_cause(each, "…", category, by=make_user(), at=MONDAY)
    found()  # nobody has named its cause

    by_cause = pareto("cause", since=MONDAY - DAY, until=MONDAY + DAY)
    by_supplier = pareto("supplier", since=MONDAY - DAY, until=MONDAY + DAY)

    assert [(bar.name, bar.cases, bar.cost, bar.cumulated_percent) for bar in by_cause] == [
        ("Material", 1, Decimal(200), 80.0),
        ("People", 2, Decimal(50), 100.0),
        ("Not named yet", 1, Decimal(0), 100.0),
    ]
    assert [(bar.name, bar.cases) for bar in by_supplier] == [("Forge & Co", 1), ("Made here", 3)]
    assert pareto("cause", since=MONDAY + DAY, until=MONDAY + 2 * DAY) == []


def test_what_was_bought_of_nobody_known_is_not_told_as_made_here():
    found(make_lot(make_item(supply="buy")))
    found(make_lot(make_item(supply="make")))

    by_supplier = pareto("supplier", since=MONDAY - DAY, until=MONDAY + DAY)

    assert [(bar.name, bar.cases) for bar in by_supplier] == [("Made here", 1), ("Supplier unknown", 1)]


# --- edges --------------------------------------------------------------------------------------------------------------


def client_of(role: str) -> APIClient:
    user = make_user(is_staff=True)
    user.groups.set([group for group in ensure_roles() if group.name == role])
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_an_action_is_worked_off_over_http():
    desk, owner = client_of("inspector"), make_user()
    nonconformance = found(at=timezone.now())
    today = timezone.localdate()
    body = {"title": "No burr", "owner": owner.pk, "due_date": str(today + DAY)}

    made = desk.post(f"/api/v1/nonconformances/{nonconformance.pk}/open_action/", body, format="json")
    assert made.status_code == 200, made.content
    address = f"/api/v1/corrective-actions/{made.json()['id']}/"
    for question in ("why1", "why2"):
        answered = desk.post(address + "answer/", {"question": question, "answer": "Blunt"}, format="json")
        assert answered.status_code == 200, answered.content
    plan = {"plan": "Count", "cause_category": "method", "check_date": str(today + 2 * DAY)}
    assert desk.post(address + "plan/", plan, format="json").json()["status"] == "planned"
    assert (
        desk.post(address + "implement/", {"done": "Counted"}, format="json").json()["status"]
        == "implemented"
    )
    early = desk.post(address + "judge/", {"is_effective": True, "judgement": "None"}, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "quality.too_early")
    cost = {"kind": "labour", "amount": "12.00", "reason": "Sorting"}
    assert (
        desk.post(f"/api/v1/nonconformances/{nonconformance.pk}/put_cost/", cost, format="json").status_code
        == 200
    )
    bars = desk.get(f"/api/v1/nonconformance-pareto/?since={today}&until={today}").json()
    assert [(bar["name"], bar["cost"]) for bar in bars] == [("Not named yet", "12.00")]
    turned = desk.get(f"/api/v1/nonconformance-pareto/?since={today}&until={today - DAY}")
    assert (turned.status_code, turned.json()["errors"][0]["parameter"]) == (400, "until")
    assert client_of("operator").post(address + "close/").status_code == 403


def test_the_console_shows_costs_analysis_and_losses_and_lists_in_a_fixed_number_of_queries():
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    action = implemented(nonconformances=[decide(found(at=timezone.now()))])
    nonconformance = action.nonconformances.get()

    page = client.get(
        reverse("admin:quality_nonconformance_change", args=[nonconformance.pk])
    ).content.decode()
    assert "25.00" in page
    assert "No burr any more" in page
    page = client.get(reverse("admin:quality_correctiveaction_change", args=[action.pk])).content.decode()
    assert "Nobody counts its strokes" in page
    for by in ("cause", "supplier", "item", "weather"):
        assert client.get(reverse("console:losses"), {"by": by, "days": "365"}).status_code == 200
    address = reverse("admin:quality_correctiveaction_changelist")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(3):
        opened()
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_an_action_is_opened_in_the_console():
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    nonconformance = found()
    day = timezone.localdate() + 7 * DAY
    typed = {
        "title": "No burr",
        "kind": "corrective",
        "method": "five_whys",
        "owner": make_user(is_staff=True).pk,
        "due_date": str(day),
        "nonconformances": [nonconformance.pk],
    }

    refused = client.post(reverse("admin:quality_correctiveaction_add"), typed | {"due_date": "2001-01-01"})
    made = client.post(reverse("admin:quality_correctiveaction_add"), typed)

    assert "is past" in refused.content.decode()
    assert made.status_code == 302
    assert CorrectiveAction.objects.get().nonconformances.get() == nonconformance


def test_the_page_of_an_action_says_what_comes_next_and_whose_it_is():
    owner = make_user(first_name="Ada", last_name="Byron")
    boss = Client()
    boss.force_login(make_user(is_staff=True, is_superuser=True))

    def page(action: CorrectiveAction) -> str:
        return boss.get(reverse("admin:quality_correctiveaction_change", args=[action.pk])).content.decode()

    assert "Ada Byron answers the questions below" in page(opened(owner))
    assert "Ada Byron has it done by 6 Mar 2026" in page(planned(owner=owner))
    assert "somebody else than Ada Byron judges from 1 Apr 2026 on" in page(implemented(owner=owner))
    assert "it helped. Close it." in page(judge(implemented(owner=owner)))


def test_the_page_of_a_report_says_what_it_waits_for():
    boss = Client()
    boss.force_login(make_user(is_staff=True, is_superuser=True))

    def page(report: Nonconformance) -> str:
        return boss.get(reverse("admin:quality_nonconformance_change", args=[report.pk])).content.decode()

    report = found()
    assert "decides what becomes of it. The lot is held until then." in page(report)
    assert "close it, with its cause if that is known." in page(decide(report))
    services.close_nonconformance(report, cause="Blunt tool", by=make_user(), at=MONDAY)
    assert "nothing, it is closed." in page(report)
