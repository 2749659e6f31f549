"""Roles of a plant, as patterns over permission names (`app.action_model`).

The table names apps only in words: it is data about the whole house, kept where users are kept. A pattern is
matched when `ensure_roles` runs, so a model added later is covered by the next run.
"""

import re
from fnmatch import translate

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from pghistory.models import Event

PLANT = ("papers", "inventory", "quality", "production", "orders", "forecasting")
READS_THE_PLANT = (*(f"{app}.view_*" for app in PLANT), "core.view_signature")

ROLES: dict[str, tuple[str, ...]] = {
    # Decides what is made when: orders, plans, schedule, replenishment; moves stock and puts the books right, but does not judge it.
    "planner": (
        *READS_THE_PLANT,
        "orders.*",
        "production.*",
        # All but changing what is frozen, which was agreed with others.
        "forecasting.view_*",
        "forecasting.add_*",
        "forecasting.change_*",
        "forecasting.delete_*",
        "forecasting.agree_consensus",
        "inventory.add_*",
        "inventory.change_*",
        "inventory.reverse_move",
        "inventory.adjust_stock",
        "papers.issue_certificate",
        "papers.issue_traveler",
        "papers.issue_label",
        "core.view_fact",
    ),
    # Makes it: works off operations, consumes and yields lots, measures while making.
    "operator": (
        *READS_THE_PLANT,
        "production.change_operation",
        "production.change_batch",
        "production.add_timeentry",
        "production.add_acknowledgement",
        "production.add_cleaning",
        "production.add_cleaningcheck",
        "production.*_downtime",
        "inventory.add_move",
        "inventory.add_transformation",
        "quality.add_measurement",
        "quality.add_nonconformance",
        "quality.add_signalacknowledgement",
        "papers.issue_label",
    ),
    # Judges it: inspections, nonconformances and the lots they hold or release.
    "inspector": (
        *READS_THE_PLANT,
        "quality.add_*",
        "quality.change_*",
        # Rows of what they write: a rule that is switched off, a characteristic or picture of a plan that is still a draft.
        "quality.delete_chartrule",
        "quality.delete_characteristic",
        "quality.delete_inspectionpicture",
        "quality.calibrate_gauge",
        "quality.fix_limits",
        "quality.hold_recall",
        "orders.add_recallnotice",
        "orders.change_recallnotice",
        "inventory.change_lot",
        "inventory.judge_lot",
        "core.read_trail",
        "production.add_acknowledgement",
        "papers.issue_*",
        "production.add_cleaningcheck",
        "production.override_gate",
        "core.view_fact",
    ),
    # Answers for it: everything of the plant, the people's roles, and deliveries that got stuck.
    "manager": (
        *(f"{app}.*" for app in PLANT),
        "core.view_*",
        "core.add_user",
        "core.change_user",
        "core.change_factdelivery",
        "core.unlock_account",
        "core.read_trail",
        "core.*_signaturepolicy",
        "auth.view_group",
    ),
    # Another system: master data, orders, receipts and demand in; everything of the plant out.
    "integrator": (
        *READS_THE_PLANT,
        "orders.add_*",
        "orders.change_*",
        "inventory.add_*",
        "inventory.change_item",
        "inventory.change_supplier",
        "inventory.change_expectedreceipt",
        "forecasting.add_demandhistory",
        "forecasting.change_demandhistory",
        "forecasting.add_demandimport",
        "papers.issue_certificate",
        "papers.issue_traveler",
        "papers.issue_label",
        "core.view_fact",
    ),
}


@transaction.atomic
def ensure_roles() -> list[Group]:
    """Make the groups of `ROLES` hold exactly the permissions of the table; safe to repeat.

    A plant that wants other rights makes groups of its own beside these. Needs the permissions, so runs after `migrate`.
    """
    permissions = _grantable()
    groups = []
    for role, patterns in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        granted = re.compile("|".join(map(translate, patterns))).match
        group.permissions.set(permission for name, permission in permissions.items() if granted(name))
        groups.append(group)
    return groups


def _grantable() -> dict[str, Permission]:
    """Every permission by name. History rows are for reading alone, whatever a pattern says."""
    found: dict[str, Permission] = {}
    for permission in Permission.objects.select_related("content_type"):
        model = permission.content_type.model_class()
        is_history = model is not None and issubclass(model, Event)
        if not is_history or permission.codename.startswith("view_"):
            found[f"{permission.content_type.app_label}.{permission.codename}"] = permission
    return found
