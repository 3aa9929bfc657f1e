# SPDX-License-Identifier: Apache-2.0
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.test import Client

from glasshouse.edges.api.api import api
from tests.edges.api.conftest import signed_in
from tests.edges.routes import routes
from tests.lab import House

UNLISTED: Final = {"api:openapi", "api:api-root"}


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    """The document as a program gets it."""
    answer = signed_in(house.cast.reviewer).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    read: dict[str, Any] = json.loads(answer.content)
    return read


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            yield path, method, details


def refs(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_the_document_lists_every_route_of_the_table(document: dict[str, Any]) -> None:
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in document["paths"]]
    ours = [route for route in routes() if route.name.startswith("api:") and route.name not in UNLISTED]
    assert len(ours) >= len(patterns)
    for route in ours:
        assert any(pattern.fullmatch(route.path) for pattern in patterns), route


def test_the_document_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {"title", "version"} <= document["info"].keys()
    for ref in refs(document):
        node: Any = document
        for step in ref.removeprefix("#/").split("/"):
            node = node[step]
        assert node["type"] in {"object", "string"}, ref
    names = Counter(details["operationId"] for _, _, details in operations(document))
    assert [name for name, count in names.items() if count > 1] == []
    for path, method, details in operations(document):
        in_path = {one["name"] for one in details["parameters"] if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path)), path
        assert all(details[what] for what in ("responses", "description", "tags")), path
        assert all(response["description"] for response in details["responses"].values()), path
        assert (method == "post") or "requestBody" not in details, path


def test_every_operation_names_its_ways_in_and_each_is_described(document: dict[str, Any]) -> None:
    described = document["components"]["securitySchemes"]
    assert described["Token"] == {"type": "http", "scheme": "bearer"}
    for path, _, details in operations(document):
        assert details["security"], path
        assert all(way.keys() <= described.keys() for way in details["security"]), path


def test_the_document_is_for_people_of_the_lab(house: House, client: Client) -> None:
    del house  # wanted for its effect
    assert client.get("/api/v1/openapi.json").status_code == 401
    assert client.get("/api/v1/docs").status_code == 404


def test_every_operation_answers_as_the_document_says(document: dict[str, Any], house: House) -> None:
    client = signed_in(house.cast.reviewer)
    listed = api.get_openapi_schema()["paths"]
    assert listed.keys() == document["paths"].keys()
    for path, method, details in operations(document):
        if method == "get" and "{" not in path:
            answer = client.get(path)
            assert str(answer.status_code) in details["responses"], path
