# SPDX-License-Identifier: Apache-2.0
"""What is the same on every page is rendered once, and nothing else is."""

from typing import Final

import pytest
from django.template import Context, Engine
from django.template.base import TextNode
from django.template.loader_tags import BlockNode
from pytest_django.fixtures import Settings

LIBRARIES: Final = {name: f"django.templatetags.{name}" for name in ("i18n", "static")}
BASE: Final = """\
{% load i18n static %}<link href="{% static 'look/tokens.css' %}"> {% trans "It's 100% ours & more" %}
{% block main %}{% trans "nobody" %}{% endblock %} {% url 'home' %}{% comment %}not said{% endcomment %}"""
PAGE: Final = """\
{% extends "base" %}{% load i18n %}{% block main %}{{ block.super }}: {% if name %}{% trans "Hello" %} {{ name }}\
{% elif wanted %}{% url wanted %}{% url 'home' as kept %}{{ kept }}{% else %}{% url 'no-such-route' %}{% endif %}\
{% for one in ones %}<{% trans "one" %} {% trans one %}>{% empty %}{% trans "none" %}{% endfor %}{% endblock %}"""
ASKED: Final = ({"name": "<Q>", "ones": ["a", "b&"]}, {"wanted": "home"}, {"wanted": "inbox", "name": ""})


def engine(loader: str) -> Engine:
    """Return an engine with the two templates, read by this loader."""
    inner = ("django.template.loaders.locmem.Loader", {"base": BASE, "page": PAGE})
    return Engine(loaders=[(loader, [inner])], libraries=LIBRARIES)


@pytest.mark.parametrize("context", ASKED)
def test_a_folded_page_says_what_it_said(context: dict[str, object]) -> None:
    folded, plain = (
        engine(loader).get_template("page").render(Context(context))
        for loader in ("glasshouse.edges.web.folding.Loader", "django.template.loaders.cached.Loader")
    )
    assert folded == plain
    assert "nobody: " in folded


def test_what_is_the_same_on_every_page_is_one_piece() -> None:
    before, main, after = engine("glasshouse.edges.web.folding.Loader").get_template("base").nodelist
    assert isinstance(before, TextNode)
    assert "tokens.css\"> It's 100% ours" in before.s
    assert isinstance(main, BlockNode)
    assert [type(node) for node in main.nodelist] == [TextNode]
    assert isinstance(after, TextNode)
    assert after.s == " /"


def test_words_wait_for_their_language_where_there_are_several(settings: Settings) -> None:
    settings.USE_I18N = True
    nodes = engine("glasshouse.edges.web.folding.Loader").get_template("base").nodelist
    assert "TranslateNode" in {type(node).__name__ for node in nodes}


def test_a_route_that_is_missing_is_missed_by_the_page_that_needs_it() -> None:
    page = engine("glasshouse.edges.web.folding.Loader").get_template("page")
    with pytest.raises(Exception, match="no-such-route"):
        page.render(Context({}))
