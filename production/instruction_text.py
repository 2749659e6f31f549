"""The text of work instructions: Markdown, of which nothing but text, lists, tables and the version's own pictures gets through."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def pictures_in(text: str) -> list[str]:
    """Names of the pictures that a text shows, once each, in its order."""
    names = (unquote(str(image.attrs.get("src", ""))) for image in _images(_MARKDOWN.parse(text)))
    return list(dict.fromkeys(names))


def rendered(text: str, pictures: Mapping[str, str]) -> SafeString:
    """The text as HTML. What its author wrote as HTML is shown as they wrote it, and a picture that is not the version's own by its words.

    :param pictures: addresses of the version's pictures by name.
    """
    by_name = {name.casefold(): url for name, url in pictures.items()}
    tokens = _MARKDOWN.parse(text)
    for image in list(_images(tokens)):
        address = by_name.get(unquote(str(image.attrs.get("src", ""))).casefold())
        if address is None:
            image.type, image.tag = "text", ""
            image.content = f"[{image.content}]"
        else:
            image.attrs = {**image.attrs, "src": address, "loading": "lazy"}
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return SafeString(html)  # HTML in the text is escaped by the renderer, and addresses are our own


def _images(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "image":
                yield inner
