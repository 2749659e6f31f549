"""Bodies of requests as the API reads them.

Text that no column of the database can hold is refused before anything looks at it, wherever in the body it stands: NUL, which JSON may
carry as an escape, and halves of surrogate pairs, which no encoding of Unicode can write.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework import exceptions, parsers

_ESCAPES = (rb"\u0000", rb"\ud")


class JSONParser(parsers.JSONParser):
    """JSON whose keys and strings can all be stored.

    :raises ValidationError: naming where a character stands that cannot.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        parsed = super().parse(BytesIO(body), media_type, parser_context)
        lower = body.lower()
        if any(escape in lower for escape in _ESCAPES):
            _require_storable(parsed)
        return parsed


def _require_storable(body: Any) -> None:
    for path, is_key in _unstorable(body, ()):
        what = "A name" if is_key else "The text"
        sentence = f"{what} holds a character that cannot be stored (NUL, or half of a surrogate pair). Leave it out."
        refused: Any = [exceptions.ErrorDetail(sentence, code="unstorable_character")]
        for step in reversed(path):
            refused = {step: refused}
        raise exceptions.ValidationError(refused)


def _unstorable(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Where such a character stands, and whether in a key; a key that cannot be written is left out of the path."""
    if isinstance(value, str):
        if not _is_storable(value):
            yield path, False
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if _is_storable(key):
                yield from _unstorable(inner, (*path, key))
            else:
                yield path, True
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unstorable(inner, (*path, str(index)))


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
