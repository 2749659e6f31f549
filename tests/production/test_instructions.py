"""Work instructions: one version in force at any moment, approved by somebody, read by whoever works to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from mes.core.files import FileRefused, clean_name
from mes.core.models import Fact, FileContent, StoredFile
from mes.core.refusals import InvalidInput
from mes.core.roles import ensure_roles
from production import services
from production.instruction_text import pictures_in, rendered
from production.instructions import binding_instructions
from production.models import (
    Acknowledgement,
    Instruction,
    InstructionFile,
    InstructionVersion,
    StepInstruction,
)
from tests.plant import MONDAY, make_user, next_name
from tests.racing import at_once
from tests.shop import make_made_item, make_plan, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = b"%PDF-1.7\n%..."


def write(text="Deburr all edges.", **given) -> InstructionVersion:
    fields: dict[str, Any] = {
        "number": next_name("WI"),
        "title": "Deburring",
        "by": make_user(),
        "at": MONDAY,
    } | given
    return services.write_instruction(text=text, **fields)


def approve(version, at=MONDAY, **fields) -> InstructionVersion:
    return services.approve_instruction(version, by=make_user(), at=at, **fields)


def revise(version, revision="B", change="Edges broken 0.2 mm") -> InstructionVersion:
    return services.revise_instruction(version, revision=revision, change=change, by=make_user(), at=MONDAY)


def attach(version, content=PNG, name="clamp.png", **fields) -> InstructionFile:
    return services.attach_file(version, ContentFile(content, name), by=make_user(), at=MONDAY, **fields)


def in_force(version, at) -> InstructionVersion | None:
    return InstructionVersion.objects.effective(at).filter(instruction=version.instruction).first()


def step_worked_to(*instructions: Instruction):
    """The one step of a plan in force that is worked to these."""
    item = make_made_item()
    plan = make_plan(item, approved=False)
    step = plan.steps.get()
    for instruction in instructions:
        StepInstruction.objects.create(plan=plan, step=step, instruction=instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    return step


def test_an_approved_version_is_in_force_until_the_next_one_begins():
    first = approve(write())
    second = approve(revise(first), effective_from=MONDAY + DAY)

    assert in_force(first, MONDAY - HOUR) is None
    assert in_force(first, MONDAY + DAY - HOUR) == first
    assert in_force(first, MONDAY + DAY) == second
    first.refresh_from_db()
    assert (first.status, second.status) == ("approved", "approved")

    assert services.supersede_due(at=MONDAY + DAY) == 1
    assert services.supersede_due(at=MONDAY + DAY) == 0

    first.refresh_from_db()
    assert first.status == "superseded"


def test_a_version_that_begins_now_supersedes_at_once_and_is_told_as_a_fact():
    first = approve(write())

    second = approve(revise(first), at=MONDAY + HOUR)

    first.refresh_from_db()
    assert (first.status, first.effective_until) == ("superseded", MONDAY + HOUR)
    assert Fact.objects.filter(
        name="production.InstructionApproved", payload__version=second.pk, payload__by=second.approved_by_id
    ).exists()


def test_a_version_cannot_begin_in_the_past_or_before_the_one_approved_to_come():
    first = approve(write(), effective_from=MONDAY + 2 * DAY)
    draft = revise(first)

    with pytest.raises(services.WrongMoment, match="is past"):
        approve(draft, effective_from=MONDAY - HOUR)
    with pytest.raises(services.WrongMoment, match="withdraw that one first"):
        approve(draft, effective_from=MONDAY + DAY)

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_what_nobody_could_work_to_is_not_approved():
    empty = write(text="  ")
    lacking = write(text="Clamp as shown: ![the clamp](clamp.png)")

    with pytest.raises(services.InstructionIncomplete, match="neither text nor file"):
        approve(empty)
    with pytest.raises(services.InstructionIncomplete, match=r"“clamp\.png”, which is not attached"):
        approve(lacking)

    attach(lacking, name="Clamp.PNG")
    assert approve(lacking).status == "approved"


def test_an_approved_version_stands_as_it_is_whoever_writes():
    version = write()
    attach(version)
    approve(version)

    with pytest.raises(services.VersionInForce, match="Revise it"):
        attach(version)
    for sql in (
        "UPDATE production_instructionversion SET text = 'Anything' WHERE id = %s",
        "DELETE FROM production_instructionversion WHERE id = %s",
        "DELETE FROM production_instructionfile WHERE version_id = %s",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [version.pk])

    version.refresh_from_db()
    assert version.text == "Deburr all edges."
    assert version.files.count() == 1


def test_a_revision_takes_text_and_files_along_and_there_is_one_draft_at_a_time():
    first = write(text="![the clamp](clamp.png)")
    attach(first)
    approve(first)

    draft = revise(first)

    assert (draft.text, draft.status) == (first.text, "draft")
    assert draft.files.get().file == first.files.get().file
    with pytest.raises(services.DraftExists, match=f"{draft} is being written"):
        revise(first, "C")
    approve(draft, at=MONDAY + HOUR)
    with pytest.raises(services.VersionTaken):
        revise(first, "B")


def test_a_version_withdrawn_before_it_begins_lets_the_former_go_on():
    first = approve(write())
    second = approve(revise(first), effective_from=MONDAY + DAY)

    services.withdraw_instruction(second, "Wrong torque", by=make_user(), at=MONDAY + HOUR)

    assert in_force(first, MONDAY + 2 * DAY) == first
    assert second.status == "superseded"


def test_after_a_withdrawal_nothing_is_in_force_and_a_reason_is_asked_for():
    version = approve(write())

    with pytest.raises(InvalidInput, match="Say why"):
        services.withdraw_instruction(version, " ", by=make_user(), at=MONDAY + HOUR)
    services.withdraw_instruction(version, "Wrong torque", by=make_user(), at=MONDAY + HOUR)

    assert in_force(version, MONDAY + HOUR) is None
    with pytest.raises(services.NotInForce):
        services.withdraw_instruction(version, "Again", by=make_user(), at=MONDAY + 2 * HOUR)


def test_somebody_reads_a_version_once_and_a_new_version_anew():
    reader = make_user()
    first = approve(write(must_be_read=True))
    step = step_worked_to(first.instruction)
    assert binding_instructions(step, reader=reader, at=MONDAY)[0].waits_for_reading

    said = services.acknowledge(first, by=reader, at=MONDAY)
    again = services.acknowledge(first, by=reader, at=MONDAY + HOUR)

    assert (again, again.at) == (said, MONDAY)
    assert not binding_instructions(step, reader=reader, at=MONDAY)[0].waits_for_reading
    second = approve(revise(first), at=MONDAY + HOUR)
    (binding,) = binding_instructions(step, reader=reader, at=MONDAY + HOUR)
    assert (binding.version, binding.waits_for_reading) == (second, True)
    with pytest.raises(services.NotInForce, match=f"Read {second}"):
        services.acknowledge(first, by=make_user(), at=MONDAY + HOUR)


def test_a_draft_is_not_read():
    draft = write()

    with pytest.raises(services.NotInForce):
        services.acknowledge(draft, by=make_user(), at=MONDAY)

    assert not Acknowledgement.objects.exists()


def test_a_revised_process_plan_is_worked_to_the_same_instructions():
    version = approve(write())
    step = step_worked_to(version.instruction)

    draft = services.revise_process_plan(step.plan, "NEXT", by=make_user(), at=MONDAY)

    assert draft.steps.get().instructions.get().instruction == version.instruction


def test_instructions_of_many_steps_are_read_in_a_fixed_number_of_queries():
    few = step_worked_to(approve(write()).instruction)
    many = step_worked_to(*(approve(write()).instruction for _ in range(5)))

    with CaptureQueriesContext(
        connection,
    ) as one:
        binding_instructions(few, reader=make_user(), at=MONDAY)
    with CaptureQueriesContext(connection) as five:
        assert len(binding_instructions(many, reader=make_user(), at=MONDAY)) == 5
    assert len(one) == len(five)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_version_is_in_force():
    version = write()
    drafts = [InstructionVersion.objects.get(pk=version.pk) for _ in range(2)]

    outcomes = at_once(*(lambda draft=draft: approve(draft) for draft in drafts))

    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [each.code for each in refused] == ["illegal_transition"]
    assert InstructionVersion.objects.effective(MONDAY).filter(pk=version.pk).count() == 1


# --- files --------------------------------------------------------------------------------------------------------------


def test_a_file_is_what_its_bytes_say_and_is_called_accordingly():
    version = write()

    pdf = attach(version, PDF, "../../etc/drawing<1>.exe")

    assert (pdf.file.content_type, pdf.name) == ("application/pdf", "drawing-1.pdf")
    assert bytes(FileContent.objects.get(file=pdf.file).content) == PDF


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>", b"MZ\x90", b"GIF89a"])
def test_what_is_neither_pdf_nor_picture_is_refused_and_nothing_is_kept(content):
    version = write()

    with pytest.raises(FileRefused) as refusal:
        attach(version, content, "clamp.png")

    assert refusal.value.errors.keys() == {"file"}
    assert not StoredFile.objects.exists()
    assert not version.files.exists()


def test_a_file_that_is_too_large_is_refused_unread(settings):
    settings.MES = settings.MES | {"FILE_MEGABYTES": 1}

    with pytest.raises(FileRefused, match="at most 1 MB"):
        attach(write(), PNG + b"\0" * 1_000_000)


def test_a_name_is_made_safe():
    assert clean_name("..\\..\\a/b:c?.png", ".png") == "b-c.png"
    assert clean_name("...", ".pdf") == "file.pdf"
    assert len(clean_name("x" * 500, ".jpg")) == 120


# --- text ---------------------------------------------------------------------------------------------------------------


def test_html_in_the_text_is_shown_not_run_and_only_own_pictures_appear():
    text = "# Clamp\n\n<script>x()</script> ![own](a b.png) ![other](http://evil/x.png) [go](javascript:x)"

    html = rendered(text.replace("a b.png", "<a b.png>"), {"A B.png": "/files/1/"})

    assert "<script" not in html
    assert 'src="/files/1/"' in html
    assert "evil" not in html
    assert "[other]" in html
    assert 'href="javascript' not in html


def test_pictures_are_found_by_name():
    assert pictures_in("![x](<a b.png>) and ![y](c.png) ![z](c.png)") == ["a b.png", "c.png"]


# --- api and console ----------------------------------------------------------------------------------------------------


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def somebody(*roles: str):
    user = make_user(is_staff=True)
    user.groups.set([group for group in ensure_roles() if group.name in roles])
    return user


def test_an_instruction_is_written_attached_approved_and_read_over_http():
    office, floor = client_of(somebody("planner")), client_of(somebody("operator"))
    body = {"number": "WI-7", "title": "Clamping", "text": "![clamp](clamp.png)", "must_be_read": True}

    draft = office.post("/api/v1/instructions/", body, format="json")
    assert draft.status_code == 201, draft.content
    version = f"/api/v1/instruction-versions/{draft.json()['id']}/"
    refused = office.post(version + "approve/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "production.instruction_incomplete")
    attached = office.post(version + "attach/", {"file": ContentFile(PNG, "clamp.png")}, format="multipart")
    assert attached.status_code == 200, attached.content
    assert floor.get(version).status_code == 404  # a draft is nothing for the floor

    assert office.post(version + "approve/", {}, format="json").json()["status"] == "approved"

    step = step_worked_to(Instruction.objects.get(number="WI-7"))
    (operation,) = operations_of(plan_order(step.plan.item, at=timezone.now(), due_at=timezone.now() + DAY))
    (bound,) = floor.get(f"/api/v1/operations/{operation.pk}/instructions/").json()
    assert (bound["waits_for_reading"], bound["version"]["number"]) == (True, "WI-7")
    picture = floor.get(bound["version"]["files"][0]["url"])
    assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert floor.post(version + "acknowledge/", format="json").status_code == 200
    (bound,) = floor.get(f"/api/v1/operations/{operation.pk}/instructions/").json()
    assert not bound["waits_for_reading"]


@pytest.mark.parametrize("content", [b"", b"plain words"])
def test_a_bad_file_over_http_is_a_problem_that_names_the_field(content):
    office, version = client_of(somebody("planner")), write()

    answer = office.post(
        f"/api/v1/instruction-versions/{version.pk}/attach/",
        {"file": ContentFile(content, "x.png")},
        format="multipart",
    )

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/file")


def test_the_floor_neither_writes_nor_approves():
    floor, version = client_of(somebody("operator")), write()

    assert (
        floor.post("/api/v1/instructions/", {"number": "X", "title": "X"}, format="json").status_code == 403
    )
    assert floor.post(f"/api/v1/instruction-versions/{version.pk}/approve/").status_code == 403
    version.refresh_from_db()
    assert version.status == "draft"


def test_an_approved_version_is_not_changed_over_http():
    office, version = client_of(somebody("planner")), approve(write())

    answer = office.patch(f"/api/v1/instruction-versions/{version.pk}/", {"text": "Anything"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "production.instruction_version_approved")


def test_the_operator_sees_the_version_in_force_on_the_page_of_the_operation_and_reads_it_there():
    now = timezone.now()
    first = approve(write(text="# Old way", must_be_read=True), at=now - HOUR)
    step = step_worked_to(first.instruction)
    second = revise(first)
    InstructionVersion.objects.filter(pk=second.pk).update(text="# New way")
    (operation,) = operations_of(plan_order(step.plan.item, at=now, due_at=now + DAY))
    client = Client()
    client.force_login(somebody("operator"))
    address = reverse("admin:production_operation_change", args=[operation.pk])

    page = client.get(address).content.decode()
    assert "Old way" in page
    assert "New way" not in page
    assert "Read it before you start" in page

    approve(InstructionVersion.objects.get(pk=second.pk), at=now)
    page = client.get(address).content.decode()
    assert "New way" in page
    assert "Old way" not in page

    button = reverse("admin:production_instructionversion_do_read_and_understood", args=[second.pk])
    client.post(button)
    assert Acknowledgement.objects.filter(version=second).count() == 1
    assert "Read it before you start" not in client.get(address).content.decode()


def test_the_console_writes_a_first_version_and_lists_in_a_fixed_number_of_queries():
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    typed = {"number": "WI-9", "title": "Painting", "revision": "A", "text": "Mask first."}

    made = client.post(reverse("admin:production_instruction_add"), typed, follow=True)

    version = InstructionVersion.objects.get(instruction__number="WI-9")
    assert made.redirect_chain[-1][0] == reverse(
        "admin:production_instructionversion_change", args=[version.pk]
    )
    assert "Mask first." in made.content.decode()
    for name in ("instruction", "instructionversion"):
        address = reverse(f"admin:production_{name}_changelist")
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for _ in range(4):
            approve(write())
        with CaptureQueriesContext(connection) as many:
            assert client.get(address).status_code == 200
        assert len(many) == len(few)


def test_a_file_is_attached_in_the_console():
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    version = write()
    address = reverse("admin:production_instructionversion_do_attach_file", args=[version.pk])

    client.post(address, {"file": ContentFile(PDF, "drawing.pdf")})
    refused = client.post(address, {"file": ContentFile(b"words", "drawing.pdf")})

    assert version.files.get().name == "drawing.pdf"
    assert "neither a PDF nor a picture" in refused.content.decode()
