# SPDX-License-Identifier: Apache-2.0
"""Templates whose constant parts are rendered once, when they are loaded.

A page of source has over a hundred pieces that are the same on each: words, addresses of style sheets, of rooms. They
and the text between them become one piece. Words are constant where the lab has no catalogue of another language.
"""

from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.template import Context, Origin, Template
from django.template.base import Node, NodeList, TextNode
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.loaders import base, cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch

_NOTHING: Final = (CommentNode, LoadNode)


class _Folded(base.Loader):
    """Folds what it has compiled."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        _fold(template.nodelist)
        return template


class Loader(cached.Loader, _Folded):
    """Django's loader that keeps templates, with what it keeps folded."""


def _fold(nodes: NodeList) -> None:
    """Render what is constant in these nodes and below them, and join it with the text beside it."""
    folded: list[Node] = []
    for node in nodes:
        for inner in _below(node):
            _fold(inner)
        text = _constant(node)
        if text is None:
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        else:
            folded.append(TextNode(text))
    nodes[:] = folded


def _below(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):  # its `nodelist` is a copy
        yield from (inner for _, inner in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        inner = getattr(node, name, None)
        if isinstance(inner, NodeList):
            yield inner


def _constant(node: Node) -> str | None:
    """Return what a node is on every page, None where that depends on the page."""
    if isinstance(node, TextNode):
        return node.s
    if isinstance(node, _NOTHING):
        return ""
    is_constant = (
        (isinstance(node, StaticNode) and node.varname is None and not node.path.is_var)
        or (isinstance(node, URLNode) and _is_route(node))
        or (isinstance(node, TranslateNode) and _is_word(node))
    )
    if not is_constant:
        return None
    try:
        return str(node.render(Context()))
    except NoReverseMatch:
        return None  # of a library's page that we do not have; it is no fault until somebody comes to it


def _is_route(node: URLNode) -> bool:
    # What a namespace leads to depends on the request.
    is_named = not node.view_name.is_var and ":" not in node.view_name.token
    return is_named and not (node.args or node.kwargs or node.asvar)


def _is_word(node: TranslateNode) -> bool:
    expression = node.filter_expression
    is_literal = expression.var.lookups is None and not expression.filters
    return is_literal and not (settings.USE_I18N or node.asvar or node.message_context)
