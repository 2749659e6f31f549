"""What the cockpit of an item answers with, field by field."""

from typing import Any

from rest_framework import serializers

Number = serializers.FloatField


def _by_probability(**given: Any) -> Any:
    return serializers.DictField(
        child=Number(), help_text="Quantity by probability as text: '0.05' … '0.95'", **given
    )


class CockpitItemOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField(help_text="With its revision, where it has one")
    description = serializers.CharField()
    uom = serializers.CharField(help_text="Unit of all quantities")
    family = serializers.CharField()
    site = serializers.IntegerField()


class BridgingOutput(serializers.Serializer[Any]):
    """Demand over lead time and review, from the back-test's errors of sums."""

    days = serializers.IntegerField()
    quantiles = _by_probability()


class AskedOutput(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="First day of the day, week or month")
    quantity = Number()


class AskedByGrainOutput(serializers.Serializer[Any]):
    """What was asked for; weeks are counted back from `as_of`, months are those of the calendar."""

    days = AskedOutput(many=True)
    weeks = AskedOutput(many=True)
    months = AskedOutput(many=True)


class FannedOutput(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="First day of the day, week or month")
    days = serializers.IntegerField(required=False, help_text="Of a month: how many of its days are forecast")
    mean = Number(help_text="By statistics")
    planned = Number(help_text="With people's numbers put in")
    q = _by_probability()


class FanOutput(serializers.Serializer[Any]):
    days = FannedOutput(many=True)
    weeks = FannedOutput(many=True)
    months = FannedOutput(many=True)


class TargetOutput(serializers.Serializer[Any]):
    safety_stock = Number()
    reorder_point = Number()
    order_up_to = Number()
    why = serializers.CharField()
    explanation = serializers.DictField(help_text="The arithmetic line by line, and what was asked")


class NumberOfPeopleOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = Number(help_text="For the whole stretch")
    reason = serializers.CharField()
    owner = serializers.CharField()


class SaidOutput(serializers.Serializer[Any]):
    """What was sensed, agreed or frozen."""

    id = serializers.IntegerField()
    what = serializers.CharField(help_text="sensed, consensus or frozen")
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = Number(
        allow_null=True, help_text="For all of it; null where each day has its own or is adjusted"
    )
    reason = serializers.CharField()
    owner = serializers.CharField()


class CockpitEventOutput(serializers.Serializer[Any]):
    """What explains demand, of the item, its family or its site."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField(help_text="confirmed, or proposed and not decided yet")
    scope = serializers.CharField()
    first_date = serializers.DateField()
    last_date = serializers.DateField(allow_null=True, help_text="Null: from the first day on")
    factor = Number(allow_null=True, help_text="What demand is multiplied by; null: learnt")
    is_learnt = serializers.BooleanField()
    why = serializers.CharField()


class ValueAddedOutput(serializers.Serializer[Any]):
    """Error and bias side by side, as shares of demand."""

    owner = serializers.CharField(
        allow_null=True, help_text="Null: all weeks; else those this person changed"
    )
    horizon = serializers.CharField(help_text="Weeks ahead")
    weeks = serializers.IntegerField()
    naive_error = Number(allow_null=True)
    error = Number(allow_null=True, help_text="Of statistics")
    bias = Number(allow_null=True)
    override_error = Number(allow_null=True)
    consensus_error = Number(allow_null=True)
    final_error = Number(allow_null=True, help_text="Of the number that counted")
    final_bias = Number(allow_null=True)
    added = Number(allow_null=True, help_text="What people took off the error; below zero they made it worse")


class CockpitAlertOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    why = serializers.CharField()


class CockpitProposalOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    quantity = Number()
    start_date = serializers.DateField()
    due_date = serializers.DateField()
    stockout_date = serializers.DateField(allow_null=True)
    why = serializers.CharField()
    cost = Number(help_text="Of doing nothing")
    cost_why = serializers.CharField(help_text="The arithmetic of that cost")
    pegging = serializers.ListField(
        child=serializers.DictField(),
        help_text="Which demand it serves: what, first_date, last_date, quantity",
    )


class CockpitMessageOutput(serializers.Serializer[Any]):
    """An order or purchase that is better changed."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="expedite, defer, reduce or cancel")
    about = serializers.CharField(help_text="Number of the order or purchase")
    due_date = serializers.DateField(help_text="As it stands")
    better_date = serializers.DateField()
    quantity = Number(help_text="As it stands")
    better_quantity = Number()
    cost = Number(help_text="Of leaving it as it stands")
    why = serializers.CharField()


class CockpitStockOutput(serializers.Serializer[Any]):
    on_hand = Number()
    usable = Number()
    waiting = Number(help_text="On hand and not usable: in quarantine, held or expired")
    reserved = Number()
    free = Number(help_text="Usable less reserved")
    expected = Number(help_text="Purchased and not here yet")


class OutcomeOutput(serializers.Serializer[Any]):
    """One number for each of the projection's days; band and chances are empty where nothing is forecast."""

    stock = serializers.ListField(child=Number(), help_text="As expected; below zero is owed")
    low = serializers.ListField(child=Number(), help_text="Nineteen times in twenty there is more")
    high = serializers.ListField(child=Number(), help_text="Nineteen times in twenty there is less")
    chance_out = serializers.ListField(child=Number(), help_text="That it has run out by then, from 0 to 1")


class ComingAndGoingOutput(serializers.Serializer[Any]):
    date = serializers.DateField()
    quantity = Number(help_text="What comes is above zero, what goes below")
    what = serializers.CharField()
    proposed = serializers.BooleanField()


class ProjectionOutput(serializers.Serializer[Any]):
    """Stock at the end of each day, without and with the item's own proposals."""

    days = serializers.ListField(child=serializers.DateField())
    without = OutcomeOutput()
    with_proposals = OutcomeOutput()
    events = ComingAndGoingOutput(many=True)


class ServicePointOutput(serializers.Serializer[Any]):
    """A service level, and what it takes; money at cost, a year's where it is a flow."""

    service = Number(help_text="Share of demand met from stock")
    capital = Number(help_text="Value of the stock on average")
    volume_m3 = Number()
    holding_cost = Number(help_text="Of a year")
    missed_value = Number(help_text="Demand missed in a year")
    stock = Number(help_text="On average")
    safety_stock = Number()
    order_up_to = Number()


class ServiceCurveOutput(serializers.Serializer[Any]):
    """Service against capital."""

    run = serializers.IntegerField()
    items = serializers.IntegerField()
    holding_rate = Number(help_text="Cost of holding for a year, as a share of the value")
    now = ServicePointOutput()
    points = ServicePointOutput(many=True)
    shared_points = ServicePointOutput(many=True)


class CockpitPolicyOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True, help_text="Null: the standard policy")
    is_own = serializers.BooleanField(
        help_text="Of the item itself; otherwise of its class, or the standard one"
    )
    covers = serializers.CharField(help_text="The item, or the class")
    measure = serializers.CharField()
    service_level = Number()
    unmet = serializers.CharField()
    review_days = serializers.IntegerField()
    cover_days = serializers.IntegerField()


class HeldLotOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.CharField()
    on_hand = Number()
    expires_on = serializers.DateField(allow_null=True)


class MadeOfOutput(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    item_number = serializers.CharField()
    quantity_per = Number()


class UsedInOutput(MadeOfOutput):
    asked_in_four_weeks = Number(
        allow_null=True, help_text="What the product's forecast asks of this item; null where it has none"
    )


class BatchYieldOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.CharField()
    planned = Number()
    good = Number()
    scrap = Number()
    inspections_passed = serializers.IntegerField()
    inspections_failed = serializers.IntegerField()
    inspections_open = serializers.IntegerField()
    done_at = serializers.DateTimeField(help_text="Done, else planned, else due")
    late_days = Number(help_text="After the day it was due; below zero is early")


class CockpitOutput(serializers.Serializer[Any]):
    """All that is known of one item; quantities in its unit."""

    item = CockpitItemOutput()
    as_of = serializers.DateField(help_text="First day that is forecast")
    run = serializers.IntegerField(allow_null=True)
    method = serializers.CharField()
    why = serializers.CharField(help_text="Why that method, with the errors of those it was held against")
    back_test = serializers.DictField(child=Number(), help_text="Error by method, smaller is better")
    measure = serializers.CharField(
        help_text="Of these errors: MASE, or RMSSE where demand is rare or comes in few pieces; empty where nothing was tested"
    )
    bridging = BridgingOutput()
    history_is_shifted = serializers.BooleanField(
        help_text="The history ended long ago and is drawn as if it had gone on until now"
    )
    history = AskedByGrainOutput()
    forecast = FanOutput()
    target = TargetOutput(allow_null=True)
    overrides = NumberOfPeopleOutput(many=True)
    said = SaidOutput(many=True)
    events = CockpitEventOutput(many=True)
    proposals = CockpitProposalOutput(many=True)
    messages = CockpitMessageOutput(many=True)
    position = serializers.CharField(help_text="Where stock stands against its target, in words")
    stock = CockpitStockOutput()
    runs_out = serializers.DateField(allow_null=True, help_text="Without the proposals")
    chance_out = Number(
        allow_null=True,
        help_text="That it runs out within lead time and review if nothing is done, from 0 to 1",
    )
    projection = ProjectionOutput()
    policy = CockpitPolicyOutput()
    service_curve = ServiceCurveOutput(allow_null=True, help_text="Null before a run has set a target")
    lots = HeldLotOutput(many=True)
    made_of = MadeOfOutput(many=True)
    used_in = UsedInOutput(many=True)
    batches = BatchYieldOutput(many=True)
    value_added = ValueAddedOutput(many=True)
    alerts = CockpitAlertOutput(many=True)
