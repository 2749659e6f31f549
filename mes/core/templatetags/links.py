"""Links in templates, for whoever may open what they lead to.

    {% record "production.batch" row.batch_id class="mes-chip" %}{{ row.batch }}{% endlink %}
    {% page "console:item" row.item_id %}{{ row.item }}{% endlink %}

Whoever may not is shown what stands between without a link; of a button, nothing.
"""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from mes.core.links import address_at, address_of_key

register = template.Library()


class LinkNode(template.Node):
    def __init__(
        self,
        tag: str,
        target: list[FilterExpression],
        attributes: Mapping[str, FilterExpression],
        inner: NodeList,
    ) -> None:
        self.tag, self.target, self.attributes, self.nodelist = tag, target, attributes, inner

    def render(self, context: Any) -> SafeString:
        name, *keys = (each.resolve(context) for each in self.target)
        given = {key: each.resolve(context) for key, each in self.attributes.items()}
        query = str(given.pop("query", ""))
        address = (
            address_of_key(name, keys[0]) if self.tag == "record" else address_at(name, *keys, query=query)
        )
        inner = self.nodelist.render(context)
        if address is not None:
            return _element("a", {"href": address} | given, inner)
        if "mes-button" in str(given.get("class", "")).split():
            return SafeString("")
        return _element("span", given, inner) if given else inner


@register.tag("record")
@register.tag("page")
def link(parser: Parser, token: Token) -> LinkNode:
    tag, *rest = token.split_contents()
    attributes: dict[str, FilterExpression] = {}
    target = []
    while rest:
        if named := token_kwargs(rest[:1], parser):
            attributes |= named
        else:
            target.append(parser.compile_filter(rest[0]))
        rest = rest[1:]
    if not target or (tag == "record" and len(target) != 2):
        raise template.TemplateSyntaxError(
            f"{tag} names what it leads to: a record's kind and key, or a page and its arguments."
        )
    inner = parser.parse(("endlink",))
    parser.delete_first_token()
    return LinkNode(tag, target, attributes, inner)


def _element(tag: str, attributes: Mapping[str, Any], inner: str) -> SafeString:
    told = format_html_join("", ' {}="{}"', attributes.items())
    return mark_safe(f"<{tag}{told}>{inner}</{tag}>")  # noqa: S308 - attributes are escaped above, and the inside when it was rendered
