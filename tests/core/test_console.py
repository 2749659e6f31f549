"""The console calls services, says refusals in their own words, and keeps what was typed."""

from typing import Any

import pghistory.models
import pytest
from django import forms
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client
from django.urls import path
from unfold.sites import UnfoldAdminSite

from mes.core import outbox
from mes.core.console import ConsoleAdmin, ServiceForm, service_action
from mes.core.models import Fact, FactDelivery, User
from mes.core.refusals import DomainError, InvalidInput
from tests.core.ground import Subscribe, a_user, ring

LIST = "/admin/core/factdelivery/"
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.test_console")]


class TooLoud(DomainError):
    code = "desk.too_loud"


class NoteForm(ServiceForm):
    note = forms.CharField(max_length=20)
    loudness = forms.IntegerField(initial=3)


def annotate(delivery: FactDelivery, *, note: str, loudness: int, by: User, at: object) -> None:
    """Write a note on a delivery, unless it is the gate's, where quiet is kept."""
    FactDelivery.objects.filter(pk=delivery.pk).update(error=f"{note} ({by.username})")
    if loudness > 100:
        raise InvalidInput("Nobody can be that loud.", errors={"loudness": ["At most 100."]})
    if delivery.subscriber.endswith("gate"):
        raise TooLoud(f"Delivery {delivery} is at the gate.", remedy="Whisper.")


class DeskAdmin(ConsoleAdmin):
    fields = ["error", "attempts"]
    actions = [
        service_action("Try again", outbox.retry_parked, when=FactDelivery.is_parked),
        service_action("Note…", annotate, form=NoteForm, description="Say it once.", on_rows=True),
        service_action("Read aloud", annotate, permission="core.view_fact"),
    ]

    def save_model(self, request: Any, obj: FactDelivery, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.attempts > 8:
            raise TooLoud("That is more than anybody tries.", remedy="Eight is enough.")


site = UnfoldAdminSite(name="admin")
site.register(FactDelivery, DeskAdmin)
site.register(Fact, ConsoleAdmin)
urlpatterns = [path("admin/", site.urls)]


@pytest.fixture(autouse=True)
def a_frame_of_its_own(settings: Any) -> None:
    """The sidebar of the console leads to pages that this desk does not have."""
    settings.UNFOLD = {}


@pytest.fixture
def clerk() -> Client:
    user = a_user("clerk", "core.view_factdelivery", "core.change_factdelivery", is_staff=True)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def door(subscribe: Subscribe) -> FactDelivery:
    subscribe("door", lambda fact: None)
    ring(7)
    return FactDelivery.objects.get()


@pytest.fixture
def gate(door: FactDelivery) -> FactDelivery:
    return FactDelivery.objects.create(fact=door.fact, subscriber="shift.subscribers.gate")


def told(response: Any) -> list[tuple[str, str]]:
    """Messages left for the next page, and how grave they are."""
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def choose(action: str, *deliveries: FactDelivery, **typed: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [delivery.pk for delivery in deliveries], **typed}


# --- in the list -----------------------------------------------------------------------------------------------------


def test_a_bulk_action_does_what_it_can_and_says_why_the_rest_was_refused(
    clerk: Client, door: FactDelivery, gate: FactDelivery
):
    door.move_to("parked", attempts=8)

    response = clerk.post(LIST, choose("do_try_again", door, gate))

    assert response.status_code == 302
    (_, done), (_, refused) = messages = told(response)
    assert [level for level, _ in messages] == ["success", "error"]
    assert done.startswith("Try again: 1 done (")
    assert f'href="{LIST}{door.pk}/change/"' in done
    assert refused.endswith("is pending already. From here it can become: done, parked.")
    door.refresh_from_db()
    assert (door.status, door.attempts) == ("pending", 0)


def test_an_action_with_a_form_asks_first(clerk: Client, door: FactDelivery):
    page = clerk.post(LIST, choose("do_note", door)).content.decode()

    assert "Say it once." in page
    assert 'name="loudness" value="3"' in page
    assert f'name="_selected_action" value="{door.pk}"' in page
    assert FactDelivery.objects.get().error == ""


def test_what_was_typed_is_used_for_every_selected_row(clerk: Client, door: FactDelivery):
    response = clerk.post(LIST, choose("do_note", door, note="hello", loudness="5", _service_action="1"))

    assert response.status_code == 302
    assert FactDelivery.objects.get().error == "hello (clerk)"


def test_a_refusal_keeps_what_was_typed_and_the_rows_still_to_do(
    clerk: Client, door: FactDelivery, gate: FactDelivery
):
    page = clerk.post(LIST, choose("do_note", door, gate, note="hello", loudness="5", _service_action="1"))

    text = page.content.decode()
    assert "is at the gate. Whisper." in text
    assert 'name="note" value="hello"' in text
    assert f'name="_selected_action" value="{gate.pk}"' in text
    assert f'name="_selected_action" value="{door.pk}"' not in text
    gate.refresh_from_db()
    assert gate.error == ""


def test_wrong_input_never_reaches_the_service(clerk: Client, door: FactDelivery):
    page = clerk.post(LIST, choose("do_note", door, note="hello", loudness="very", _service_action="1"))

    assert "Enter a whole number." in page.content.decode()
    assert FactDelivery.objects.get().error == ""


def test_an_action_is_offered_only_to_those_who_may(clerk: Client, door: FactDelivery):
    page = clerk.get(LIST).content.decode()

    assert 'value="do_note"' in page
    assert 'value="do_read_aloud"' not in page
    assert clerk.get(f"{LIST}{door.pk}/do/read-aloud/").status_code == 403


# --- on the object's page --------------------------------------------------------------------------------------------


def test_a_button_is_there_only_while_it_makes_sense(clerk: Client, door: FactDelivery):
    button = f"{LIST}{door.pk}/do/try-again/"
    assert button not in clerk.get(f"{LIST}{door.pk}/change/").content.decode()

    door.move_to("parked")

    assert button in clerk.get(f"{LIST}{door.pk}/change/").content.decode()


def test_looking_at_the_dialog_changes_nothing(clerk: Client, door: FactDelivery):
    door.move_to("parked")

    page = clerk.get(f"{LIST}{door.pk}/do/try-again/").content.decode()

    assert f"Try again: {door.fact_id}" in page
    assert FactDelivery.objects.get().status == "parked"


def test_the_dialog_calls_the_service_and_returns_to_where_one_was(clerk: Client, door: FactDelivery):
    door.move_to("parked")
    here = f"http://testserver{LIST}?status=parked"

    response = clerk.post(
        f"{LIST}{door.pk}/do/try-again/", headers={"HX-Request": "true", "HX-Current-URL": here}
    )

    assert response["HX-Redirect"] == here
    assert FactDelivery.objects.get().status == "pending"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "javascript:alert(1)", ""])
def test_the_dialog_never_sends_anybody_to_another_site(clerk: Client, door: FactDelivery, elsewhere: str):
    door.move_to("parked")

    response = clerk.post(
        f"{LIST}{door.pk}/do/try-again/", headers={"HX-Request": "true", "HX-Current-URL": elsewhere}
    )

    assert response["HX-Redirect"] == f"{LIST}{door.pk}/change/"


def test_a_refused_dialog_says_why_at_the_field_and_keeps_what_was_typed(clerk: Client, door: FactDelivery):
    page = clerk.post(f"{LIST}{door.pk}/do/note/", {"note": "HELLO", "loudness": "101"}).content.decode()

    assert "At most 100." in page
    assert 'value="HELLO"' in page
    assert FactDelivery.objects.get().error == ""


def test_a_refusal_without_a_field_stands_above_the_form(
    clerk: Client, door: FactDelivery, gate: FactDelivery
):
    page = clerk.post(f"{LIST}{gate.pk}/do/note/", {"note": "hello", "loudness": "1"}).content.decode()

    assert "is at the gate. Whisper." in page
    assert 'value="hello"' in page


def test_a_dialog_of_a_row_that_is_gone_is_a_404(clerk: Client):
    assert clerk.get(f"{LIST}999/do/try-again/").status_code == 404


# --- plain saves -----------------------------------------------------------------------------------------------------


def test_a_refused_save_shows_why_and_keeps_what_was_typed(clerk: Client, door: FactDelivery):
    page = clerk.post(f"{LIST}{door.pk}/change/", {"error": "typed with care", "attempts": "9"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "That is more than anybody tries. Eight is enough." in text
    assert "typed with care" in text
    assert FactDelivery.objects.get().attempts == 0
    assert clerk.post(f"{LIST}{door.pk}/change/", {"error": "", "attempts": "8"}).status_code == 302


def test_a_save_that_the_database_refuses_is_no_error_page(subscribe: Subscribe):
    ring(7)
    fact = Fact.objects.get()
    editor = Client()
    editor.force_login(a_user("editor", "core.view_fact", "core.change_fact", is_staff=True))

    page = editor.post(
        f"/admin/core/fact/{fact.pk}/change/",
        {
            "name": "rewritten",
            "payload": '{"number": 8}',
            "recorded_at_0": "2026-03-02",
            "recorded_at_1": "12:00",
        },
    )

    assert page.status_code == 200
    assert "it would break a rule that holds for every writer" in page.content.decode()
    assert Fact.objects.get().name == "core.BellRang"


def test_a_delete_that_the_database_refuses_is_no_error_page(subscribe: Subscribe):
    ring(7)
    fact = Fact.objects.get()
    editor = Client()
    editor.force_login(a_user("editor", "core.view_fact", "core.delete_fact", is_staff=True))

    response = editor.post(f"/admin/core/fact/{fact.pk}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert "would break a rule" in told(response)[0][1]
    assert Fact.objects.exists()


def test_a_bug_stays_a_bug(clerk: Client, door: FactDelivery, monkeypatch: pytest.MonkeyPatch):
    door.move_to("parked")
    monkeypatch.setattr(FactDelivery, "move_to", lambda *_, **__: 1 // 0)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        clerk.post(f"{LIST}{door.pk}/do/try-again/")


# --- history ---------------------------------------------------------------------------------------------------------


def context_of(client: Client, **request: Any) -> dict[str, Any]:
    """The context that a change made by this request would be kept with."""
    seen: dict[str, Any] = {}
    original = FactDelivery.move_to

    def look(self: FactDelivery, status: str, **changes: Any) -> None:
        seen.update(pghistory.runtime._tracker.value.metadata)
        original(self, status, **changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FactDelivery, "move_to", look)
        client.post(**request)
    return seen


@pytest.mark.parametrize(
    "reason",
    [
        {"data": {"change_reason": " the clock was wrong "}},
        {"headers": {"X-Change-Reason": "the clock was wrong"}},
    ],
)
def test_a_change_is_kept_with_who_where_and_why(clerk: Client, door: FactDelivery, reason: dict[str, Any]):
    door.move_to("parked")
    url = f"{LIST}{door.pk}/do/try-again/"

    assert context_of(clerk, path=url, **reason) == {
        "user": User.objects.get().pk,
        "url": url,
        "reason": "the clock was wrong",
    }


def test_a_change_without_a_reason_is_kept_without_one(clerk: Client, door: FactDelivery):
    door.move_to("parked")

    assert "reason" not in context_of(clerk, path=f"{LIST}{door.pk}/do/try-again/")
