"""Tools, and when some of them are away."""

from mes.plant.loading.session import Loading, upsert
from mes.plant.tables import ToolAbsenceRow, ToolRow
from production.models import Tool, ToolAbsence


def write_tools(loading: Loading) -> None:
    """Tools as the file has them; an absence that is known by its start is left."""
    elsewhere = dict(Tool.objects.exclude(site=loading.site).values_list("code", "site__name"))
    known = dict(Tool.objects.filter(site=loading.site).values_list("code", "pk"))
    tools = []
    for row in loading.plant.of(ToolRow):
        if row.tool in elsewhere:
            loading.fault(row, "tool", f"{row.tool} is kept at {elsewhere[row.tool]}.", "Rename this one.")
            continue
        values = {"code": row.tool, "name": row.name or row.tool, "quantity": row.quantity}
        if loading.sound(row, Tool(pk=known.get(row.tool), **values)):
            tools.append(Tool(site=loading.site, **values))
    loading.count(ToolRow, written=upsert(Tool, tools, unique=["code"], update=["name", "quantity"]))
    _write_absences(loading)


def _write_absences(loading: Loading) -> None:
    tools = {tool.code: tool for tool in Tool.objects.filter(site=loading.site)}
    known = set(ToolAbsence.objects.filter(tool__in=tools.values()).values_list("tool", "starts_at"))
    columns = {"starts_at": "starts", "ends_at": "ends"}
    fresh = []
    for row in loading.plant.of(ToolAbsenceRow):
        tool = tools.get(row.tool)
        if tool is None or (tool.pk, row.starts) in known:
            continue
        absence = ToolAbsence(
            tool=tool,
            kind=row.kind,
            quantity=row.quantity,
            starts_at=row.starts,
            ends_at=row.ends,
            reason=row.reason,
        )
        if loading.sound(row, absence, columns=columns):
            fresh.append(absence)
    ToolAbsence.objects.bulk_create(fresh)
    rows = len(loading.plant.of(ToolAbsenceRow))
    loading.count(ToolAbsenceRow, written=len(fresh), left=rows - len(fresh))
