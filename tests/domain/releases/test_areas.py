# SPDX-License-Identifier: Apache-2.0
"""Which files the rules call risky, and why. The shapes are those of uWSGI's source tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.domain.releases import areas
from glasshouse.kernel.paths import TreePath

UWSGI = {
    "core/json.c": {"parsers"},
    "core/yaml.c": {"parsers"},
    "core/regexp.c": {"parsers"},
    "core/ssl.c": {"crypto"},
    "core/socket.c": {"network"},
    "core/protocol.c": {"network"},
    "core/exec.c": {"privilege"},
    "proto/http.c": {"network"},
    "proto/fastcgi.c": {"network"},
    "plugins/router_basicauth/router_basicauth.c": {"authentication"},
    "plugins/pam/pam.c": {"authentication"},
    "plugins/ldap/ldap.c": {"authentication"},
    "plugins/router_http/router_http.c": {"network"},
    "plugins/emperor_amqp/emperor_amqp.c": {"network"},
    "core/namespace.c": {"privilege"},
    "core/clock.c": set(),
    "core/cron.c": set(),
    "core/logging.c": set(),
    "plugins/python/wsgi_handlers.c": set(),
    "examples/welcome.py": set(),
}


def areas_of(path: str, *names: str) -> set[str]:
    return {rule.area for rule in areas.reasons_of(TreePath(path.encode()), names)}


@pytest.mark.parametrize("path", UWSGI)
def test_a_path_is_risky_by_its_words(path: str) -> None:
    assert areas_of(path) == UWSGI[path]


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("uwsgi_parse_vars", "parsers"),
        ("parseHeader", "parsers"),
        ("UrlParse", "parsers"),
        ("HTTP_PARSE_MAX", "parsers"),
        ("uwsgi_ssl_client_new", "crypto"),
        ("EVP_DigestInit", "crypto"),
        ("uwsgi_as_root", "privilege"),
        ("uwsgi_proto_http_accept", "network"),
        ("check_password", "authentication"),
        ("firmware_apply", "update"),
    ],
)
def test_a_file_is_risky_by_the_symbols_that_it_defines(name: str, area: str) -> None:
    assert areas_of("core/uwsgi.c") == set()
    assert area in areas_of("core/uwsgi.c", "main", name, "other")


@pytest.mark.parametrize(
    "name", ["sparse", "author", "authority_of_many", "described", "keystone", "parsec", "acceptable"]
)
def test_a_word_inside_another_word_names_nothing(name: str) -> None:
    assert areas_of("core/uwsgi.c", name) == set()
    assert areas_of(f"core/{name}.c") == set()


def test_a_grammar_is_risky_by_its_ending_alone() -> None:
    assert areas_of("lang/expr.y") == {"parsers"}
    assert areas_of("lang/expr.yes") == set()
    assert areas_of("lang.y/expr") == set()


def test_each_rule_gives_a_reason_and_its_area_says_why() -> None:
    known = areas.rules()
    assert known.version >= 1
    assert {rule.area for rule in known.every} == {area.slug for area in known.areas}
    assert {"parsers", "crypto", "authentication", "update", "network", "privilege"} <= {
        one.slug for one in known.areas
    }
    assert all(rule.reason and (rule.paths or rule.names or rule.endings) for rule in known.every)
    assert all(area.why and area.title for area in known.areas)


_PART = st.binary(min_size=1, max_size=12).filter(
    lambda part: not set(part) & set(b"\0/") and part not in {b".", b".."}
)
_PATHS = st.lists(st.lists(_PART, min_size=1, max_size=3).map(b"/".join), min_size=1, max_size=8, unique=True)


@settings(deadline=None)  # of answers; how long they take is measured elsewhere
@given(_PATHS, st.sampled_from(["parse.c", "x/ssl", "auth", "net/http.y", "plain"]))
def test_many_hostile_paths_are_judged_as_each_is_alone(paths: list[bytes], known: str) -> None:
    every = sorted({*paths, known.encode()})
    joined = b"".join(b"\0/%s\0" % path for path in every)
    starts = np.cumsum([2, *(len(path) + 3 for path in every[:-1])])
    for rule in areas.rules().every:
        together = areas.named(rule, joined, starts).tolist()
        assert together == [rule in areas.reasons_of(TreePath(path), ()) for path in every]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_many_hostile_names_are_judged_as_each_is_alone(names: list[str]) -> None:
    every = [name.replace("\n", " ") for name in [*names, "parse_it"]]
    for place, rule in enumerate(areas.rules().every):
        alone = [index for index, name in enumerate(every) if len(areas.defined([name])[place])]
        assert areas.defined(every)[place].tolist() == alone, rule
