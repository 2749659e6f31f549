"""How things are judged and made: inspection plans and process plans. A plan that exists under its revision is left."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError

from inventory.models import Item
from mes.plant.columns import Row
from mes.plant.loading.session import Loading
from mes.plant.loading.works import centers_by_code
from mes.plant.tables import (
    CharacteristicRow,
    ComponentRow,
    InspectionPlanRow,
    ProcessPlanRow,
    StepRow,
    ToolNeedRow,
    WorkCenterRow,
)
from production.models import Component, Machine, ProcessPlan, Step, Tool, ToolNeed, WorkCenter
from production.services import approve_process_plan
from quality.models import Characteristic, InspectionPlan, SamplingScheme, Stage
from quality.services import approve_inspection_plan


def write_inspection_plans(loading: Loading) -> None:
    """Plans with their characteristics, approved by the service."""
    known = set(InspectionPlan.objects.values_list("code", "revision"))
    fresh: dict[str, InspectionPlan] = {}
    rows: dict[str, InspectionPlanRow] = {}
    for row in loading.plant.of(InspectionPlanRow):
        item = loading.item(row)
        if (row.plan, row.revision) in known or item is None:
            loading.count(InspectionPlanRow, left=1)
            continue
        plan = InspectionPlan(
            code=row.plan,
            revision=row.revision,
            name=row.name or row.plan,
            item=item,
            stage=row.stage,
            sampling=_scheme(loading, row),
            every_minutes=round(row.every / timedelta(minutes=1)) or None,
            every_quantity=row.every_quantity,
            identifies_pieces=row.names_pieces,
            instruction=row.instruction,
        )
        if loading.sound(row, plan):
            fresh[row.plan], rows[row.plan] = plan, row
    InspectionPlan.objects.bulk_create(fresh.values())
    loading.count(InspectionPlanRow, written=len(fresh))
    _write_characteristics(loading, fresh)
    for code, plan in fresh.items():
        with loading.blaming(rows[code], "plan"):
            approve_inspection_plan(plan, by=loading.by, at=loading.at)


def _scheme(loading: Loading, row: InspectionPlanRow) -> SamplingScheme | None:
    """The sampling scheme that the row describes, shared by all plans that sample alike; None = every piece."""
    if row.sampling == SamplingScheme.Kind.ALL:
        return None
    if row.sampling in SamplingScheme.BY_AQL:
        return _scheme_of_the_standard(loading, row)
    percent = row.sampling == SamplingScheme.Kind.PERCENT
    size = row.sample or Decimal(10 if percent else 1)
    name = f"{size.normalize():f} %" if percent else f"{size.normalize():f} of the lot"
    if row.accept:
        name += f", {row.accept} may fail"
    return SamplingScheme.objects.get_or_create(
        name=name, defaults={"kind": row.sampling, "size": size, "accept": row.accept}
    )[0]


def _scheme_of_the_standard(loading: Loading, row: InspectionPlanRow) -> SamplingScheme | None:
    """A plan of ANSI/ASQ Z1.4; its sources are the suppliers of what is received, the machines of what is made."""
    received = row.stage == Stage.RECEIVING
    scheme = SamplingScheme(
        kind=row.sampling,
        aql=row.aql,
        level=row.level.upper().replace("_", "-"),
        source=SamplingScheme.Source.SUPPLIER if received else SamplingScheme.Source.LINE,
    )
    written = f"{row.aql.normalize():f}" if row.aql is not None else "?"
    of_whom = "" if received else ", by machine"
    scheme.name = f"{scheme.get_kind_display()}, level {scheme.level}, AQL {written}{of_whom}"
    try:
        scheme.clean()
    except ValidationError as refusal:
        field, sentences = next(iter(refusal.message_dict.items()))
        loading.fault(row, field, f"no plan of Z1.4 is like this: {sentences[0]}", "Correct the cell.")
        return None
    made: SamplingScheme = SamplingScheme.objects.get_or_create(
        name=scheme.name,
        defaults={"kind": scheme.kind, "aql": scheme.aql, "level": scheme.level, "source": scheme.source},
    )[0]
    return made


def _write_characteristics(loading: Loading, plans: dict[str, InspectionPlan]) -> None:
    characteristics: list[Characteristic] = []
    numbers: dict[str, int] = defaultdict(int)
    for row in loading.plant.of(CharacteristicRow):
        numbers[row.plan] = number = row.number or numbers[row.plan] + 10
        if row.plan not in plans:
            loading.count(CharacteristicRow, left=1)
            continue
        limited = row.lower is not None or row.upper is not None
        kind = row.kind or (Characteristic.Kind.VARIABLE if limited else Characteristic.Kind.ATTRIBUTE)
        if kind == Characteristic.Kind.VARIABLE and not limited:
            loading.fault(row, "upper", "what is measured needs a limit.", "Give lower, upper or both.")
            continue
        if row.lower is not None and row.upper is not None and row.lower > row.upper:
            loading.fault(row, "lower", f"{row.lower} is above the upper limit {row.upper}.", "Swap the two.")
            continue
        characteristic = Characteristic(
            plan=plans[row.plan],
            number=number,
            name=row.characteristic,
            kind=kind,
            nominal=row.nominal,
            lower_limit=row.lower,
            upper_limit=row.upper,
            uom=row.unit,
            method=row.method,
            gauge_kind=row.gauge,
            is_key=row.key,
            plausible_lower=row.plausible_lower,
            plausible_upper=row.plausible_upper,
            needs_second_person=row.second_person,
            instruction=row.instruction,
        )
        if loading.sound(
            row, characteristic, columns={"name": "characteristic", "uom": "unit", "gauge_kind": "gauge"}
        ):
            characteristics.append(characteristic)
    Characteristic.objects.bulk_create(characteristics)
    loading.count(CharacteristicRow, written=len(characteristics))


def write_process_plans(loading: Loading) -> None:
    """Bills of material and routings, approved by the service where the file asks for it."""
    stated = {(row.item, row.revision): row for row in loading.plant.of(ProcessPlanRow)}
    drafts: dict[tuple[str, str], ProcessPlan] = {}
    for step in loading.plant.of(StepRow):
        key = (step.item, step.revision)
        item = loading.item(step)
        if key in drafts or item is None:
            continue
        known = ProcessPlan.objects.filter(item=item, revision=step.revision).exists()
        if not known:
            maximum = stated[key].batch_maximum if key in stated else None
            drafts[key] = ProcessPlan(item=item, revision=step.revision, batch_maximum=maximum)
    ProcessPlan.objects.bulk_create(drafts.values())
    loading.count(ProcessPlanRow, written=len(drafts), left=len(stated.keys() - drafts.keys()))
    steps = _write_steps(loading, drafts)
    _write_components(loading, drafts, steps)
    _write_tool_needs(loading, drafts, steps)
    _approve(loading, drafts, stated)


def _write_steps(
    loading: Loading, drafts: dict[tuple[str, str], ProcessPlan]
) -> dict[tuple[str, str], dict[int, Step]]:
    centers = centers_by_code(loading)
    gates = {plan.code: plan for plan in InspectionPlan.objects.effective()}
    leads = {row.work_center: row.lead for row in loading.plant.of(WorkCenterRow)}
    steps: dict[tuple[str, str], dict[int, Step]] = defaultdict(dict)
    for row in loading.plant.of(StepRow):
        key = (row.item, row.revision)
        center = centers.get(row.work_center)
        if key not in drafts or center is None:
            loading.count(StepRow, left=1)
            continue
        step = _step(row, drafts[key], center, gates, leads.get(row.work_center))
        if loading.sound(row, step, columns={"required_qualification": "qualification"}):
            steps[key][row.step] = step
    Step.objects.bulk_create([step for routing in steps.values() for step in routing.values()])
    loading.count(StepRow, written=sum(map(len, steps.values())))
    _name_machines(loading, steps)
    return steps


def _step(
    row: StepRow,
    plan: ProcessPlan,
    center: WorkCenter,
    gates: dict[str, InspectionPlan],
    lead: timedelta | None,
) -> Step:
    fixed = row.fixed if row.fixed or row.run else lead or row.fixed
    return Step(
        plan=plan,
        sequence=row.step,
        name=row.name or center.name,
        work_center=center,
        setup_seconds=round(row.setup.total_seconds()),
        setup_family=row.setup_family,
        run_seconds=Decimal(str(row.run.total_seconds())),
        fixed_seconds=round(fixed.total_seconds()),
        transfer_quantity=row.transfer_quantity,
        may_pause=row.may_pause,
        inspection_plan=gates.get(row.inspection_plan),
        first_piece_plan=gates.get(row.first_piece_plan),
        periodic_plan=gates.get(row.periodic_plan),
        required_qualification=row.qualification,
        special_process=row.special_process,
        instruction=row.instruction,
    )


def _name_machines(loading: Loading, steps: dict[tuple[str, str], dict[int, Step]]) -> None:
    machines = {machine.code: machine for machine in Machine.objects.filter(work_center__site=loading.site)}
    through = Step.machines.through
    through.objects.bulk_create(
        through(step_id=steps[row.item, row.revision][row.step].pk, machine_id=machines[code].pk)
        for row in loading.plant.of(StepRow)
        if row.step in steps.get((row.item, row.revision), {})
        for code in dict.fromkeys(row.machines)
        if code in machines
    )


def _write_components(
    loading: Loading,
    drafts: dict[tuple[str, str], ProcessPlan],
    steps: dict[tuple[str, str], dict[int, Step]],
) -> None:
    components: list[Component] = []
    for row in loading.plant.of(ComponentRow):
        item = loading.item(row, "component")
        if (row.item, row.revision) not in drafts:
            if loading.item(row) is not None:
                _require_routing(loading, row)
            continue
        routing = steps[row.item, row.revision]
        step = routing.get(min(routing, default=0) if row.step is None else row.step)
        if step is None:
            loading.fault(
                row, "step", f"{row.item} has no step {row.step}.", "Name one of its steps in steps.csv."
            )
            continue
        component = Component(plan=step.plan, step=step, item=item, quantity_per=row.quantity)
        if item is not None and loading.sound(row, component, columns={"quantity_per": "quantity"}):
            components.append(component)
    Component.objects.bulk_create(components)
    loading.count(ComponentRow, written=len(components))


def _write_tool_needs(
    loading: Loading,
    drafts: dict[tuple[str, str], ProcessPlan],
    steps: dict[tuple[str, str], dict[int, Step]],
) -> None:
    tools = {tool.code: tool for tool in Tool.objects.filter(site=loading.site)}
    needs: list[ToolNeed] = []
    for row in loading.plant.of(ToolNeedRow):
        if (row.item, row.revision) not in drafts:
            if loading.item(row) is not None:
                _require_routing(loading, row)
            continue
        step = steps[row.item, row.revision].get(row.step)
        if step is None:
            loading.fault(
                row, "step", f"{row.item} has no step {row.step}.", "Name one of its steps in steps.csv."
            )
            continue
        tool = tools.get(row.tool)
        need = ToolNeed(plan=step.plan, step=step, tool=tool, quantity=row.quantity)
        if tool is not None and loading.sound(row, need):
            needs.append(need)
    ToolNeed.objects.bulk_create(needs)
    loading.count(ToolNeedRow, written=len(needs))


def _require_routing(loading: Loading, row: ComponentRow | ToolNeedRow) -> None:
    """Rows of a plan that is already in the database are left; of an item that nobody makes they are a fault."""
    item: Item | None = loading.item(row)
    if ProcessPlan.objects.filter(item=item, revision=row.revision).exists():
        loading.count(type(row), left=1)
    else:
        loading.fault(row, "item", f"{row.item} has no steps.", "Add its routing to steps.csv.")


def _approve(
    loading: Loading,
    drafts: dict[tuple[str, str], ProcessPlan],
    stated: dict[tuple[str, str], ProcessPlanRow],
) -> None:
    first: dict[tuple[str, str], Row] = {}
    for row in loading.plant.of(StepRow):
        first.setdefault((row.item, row.revision), row)
    for key, plan in drafts.items():
        if key in stated and stated[key].status == ProcessPlan.Status.DRAFT:
            continue
        with loading.blaming(first[key], "item"):
            approve_process_plan(plan, by=loading.by, at=loading.at)
