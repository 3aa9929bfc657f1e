# SPDX-License-Identifier: Apache-2.0
import re

from django.test import Client

from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal.models import Event
from glasshouse.domain.journal.promises import promise
from glasshouse.domain.journal.values import Recorded
from glasshouse.domain.readingroom import commands
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse, Moment, base
from tests.lab import FILES, NOW, Desk, House, next_version

LINES = re.compile(r'id="L(\d+)"')


def shown(client: Client, address: str) -> list[int]:
    """Return the numbers of the lines that a page shows."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return [int(number) for number in LINES.findall(answer.content.decode())]


def charged(client: Client, address: str) -> int:
    """Return what a page was charged."""
    assert client.get(address).status_code == 200
    event = Event.objects.filter(kind__startswith="readingroom.").order_by("-pk").first()
    assert event is not None
    record = client.get("/record/").content.decode()
    found = re.search(rf"#{event.number}</a>.*?New lines.*?>(\d+)<", record, re.DOTALL)
    assert found
    return int(found[1])


def test_a_file_is_recorded_before_it_is_shown_and_the_answer_carries_the_promise(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{base(desk)}file/src/main.c")

    row = Event.objects.get(kind="readingroom.lines-shown")
    recorded = Recorded(row.pk, Uid(row.uid), row.kind, bytes(row.commitment), Uid(row.engagement or ""), row.number)
    assert answer.headers["Glasshouse-Promise"] == promise(recorded).header
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert f"Recorded #{row.number} · not yet in tree" in text
    assert f'src="/record/entries/{row.uid}/watermark.svg"' in text
    assert re.search(r"Reviewer · Regulator A · [^·]+ · visit 1 · #\d", text)


def test_a_window_is_a_hundred_lines_and_leads_on(desk: Desk, reviewer: Client) -> None:
    address = f"{base(desk)}file/src/net/http.c"
    assert shown(reviewer, address) == list(range(1, 101))
    text = reviewer.get(address).content.decode()
    assert 'href="?from=101"' in text
    assert "lines 1\u2013100 of 200" in text
    assert shown(reviewer, f"{address}?from=101") == list(range(101, 201))


def test_a_range_is_marked_among_what_stands_around_it(desk: Desk, reviewer: Client) -> None:
    address = f"{base(desk)}file/src/net/http.c?lines=120-124"
    assert shown(reviewer, address) == list(range(108, 201))
    text = reviewer.get(address).content.decode()
    marked = re.findall(r'<li class="in"><a class="ln" id="L(\d+)"', text)
    assert marked == ["120", "121", "122", "123", "124"]
    assert 'value="120-124"' in text


def test_a_range_may_be_written_with_a_dash_as_it_is_printed(desk: Desk, reviewer: Client) -> None:
    assert 120 in shown(reviewer, f"{base(desk)}file/src/net/http.c?lines=120\u2013124")


def test_what_is_no_range_is_answered_and_shows_nothing(desk: Desk, reviewer: Client) -> None:
    for lines in ("x", "0", "9-3", "1-", "-1", "1-2-3", "<b>"):
        answer = reviewer.get(f"{base(desk)}file/src/main.c", {"lines": lines})
        assert answer.status_code == 422
        assert "<b>" not in answer.content.decode()
    assert not Event.objects.filter(kind="readingroom.lines-shown").exists()


def test_a_line_past_the_end_does_not_exist(desk: Desk, reviewer: Client) -> None:
    assert reviewer.get(f"{base(desk)}file/src/main.c?from=4000").status_code == 404


def test_reading_a_line_again_costs_nothing(desk: Desk, reviewer: Client) -> None:
    address = f"{base(desk)}file/src/main.c"
    assert charged(reviewer, address) == 40
    assert charged(reviewer, address) == 0


def test_a_long_line_is_cut_and_its_next_part_is_a_page(desk: Desk, reviewer: Client) -> None:
    address = f"{base(desk)}file/src/long.c"
    text = reviewer.get(address).content.decode()
    assert "Line 2 has 10,001 bytes. Shown to byte 4,096." in text
    assert 'href="?lines=2&amp;column=4096"' in text
    part = reviewer.get(f"{address}?lines=2&column=4096")
    assert shown(reviewer, f"{address}?lines=2&column=4096") == [2]
    assert "from byte 4,096" in part.content.decode()
    last = reviewer.get(f"{address}?lines=2&column=8192").content.decode()
    assert "Show the next part" not in last
    assert Event.objects.filter(kind="readingroom.columns-shown").count() == 3


def test_a_binary_file_is_named_by_its_facts(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{base(desk)}file/logo.png")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "A binary file" in text
    assert LINES.search(text) is None
    assert Event.objects.filter(kind="readingroom.facts-shown").count() == 1
    assert "Glasshouse-Promise" in answer.headers


def test_an_empty_file_says_so_and_that_is_recorded(desk: Desk, reviewer: Client) -> None:
    text = reviewer.get(f"{base(desk)}file/empty.txt").content.decode()
    assert "An empty file" in text
    assert Event.objects.filter(kind="readingroom.lines-shown").count() == 1


def test_a_link_is_shown_as_data_and_never_followed(desk: Desk, reviewer: Client) -> None:
    text = reviewer.get(f"{base(desk)}file/latest").content.decode()
    assert "A symbolic link." in text
    assert "<code>src/main.c</code>" in text
    assert "line_1" not in text


def test_the_tree_is_open_along_the_path_and_marks_the_page(desk: Desk, reviewer: Client) -> None:
    here = f"{base(desk)}file/src/net/http.c"
    text = reviewer.get(here).content.decode()
    assert f'href="{here}" aria-current="page"' in text
    assert text.count('aria-expanded="true"') == 2
    assert f'href="{base(desk)}file/src/main.c"' in text


def test_the_neighbours_in_the_folder_are_a_key_away(desk: Desk, reviewer: Client) -> None:
    text = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    assert f'href="{base(desk)}file/src/long.c" data-key="["' in text
    assert 'data-key="]"' not in text


def test_a_folder_lists_what_stands_in_it_and_says_so_in_the_journal(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{base(desk)}folder/src")
    text = answer.content.decode()
    for name in ("net", "main.c", "long.c"):
        assert re.search(rf'<th scope="row"><a[^>]*>{name}/?</a>', text), name
    assert Event.objects.filter(kind="readingroom.folder-shown").count() == 1
    assert "Glasshouse-Promise" in answer.headers


def test_a_large_folder_is_listed_in_pages(house: House, browser_of: Browse) -> None:
    many = {f"server-1/many/f{number:04}.txt": b"x\n" for number in range(1_200)}
    desk = house.seat(house.cast.reviewer, house.take(files=many))
    client = browser_of(desk.viewer)
    first = client.get(f"{base(desk)}folder/many").content.decode()
    second = client.get(f"{base(desk)}folder/many?from=1001").content.decode()
    assert "1 to 1,000 of 1,200; the next" in first
    assert 'scope="row"><a href="' + f'{base(desk)}file/many/f1199.txt"' in second
    assert f"{base(desk)}file/many/f1199.txt" not in first
    beside = client.get(f"{base(desk)}file/many/f0900.txt").content.decode()
    assert f'{base(desk)}file/many/f0900.txt" aria-current="page"' in beside
    assert f"{base(desk)}file/many/f0001.txt" not in beside


def test_a_grant_of_some_paths_shows_and_counts_those_alone(house: House, browser_of: Browse) -> None:
    desk = house.desk(patterns=("src/**",))
    client = browser_of(desk.viewer)
    for address in (base(desk), f"{base(desk)}file/src/main.c", f"{base(desk)}folder/src"):
        text = client.get(address).content.decode()
        assert "secret" not in text
        assert "README" not in text
    assert "1 item" in client.get(base(desk)).content.decode()
    assert client.get(f"{base(desk)}file/secret/keys.c").status_code == 404
    assert client.get(f"{base(desk)}folder/secret").status_code == 404


def test_without_a_visit_nothing_is_shown_and_the_way_in_is_named(house: House, browser_of: Browse) -> None:
    release = house.take()
    grant = house.grant(release)
    client = browser_of(house.cast.reviewer)
    answer = client.get(f"/r/{grant}/{release.uid}/file/src/main.c")
    assert answer.status_code == 403
    assert "Begin a visit on your home page" in answer.content.decode()

    begun = client.post(f"/r/{grant}/{release.uid}/begin")
    assert begun.headers["Location"] == f"/r/{grant}/{release.uid}/"
    assert client.get(f"/r/{grant}/{release.uid}/file/src/main.c").status_code == 200


def test_abuse_case_3_a_grant_that_ends_takes_effect_at_the_next_request(
    desk: Desk, reviewer: Client, moment: Moment
) -> None:
    address = f"{base(desk)}file/src/main.c"
    assert reviewer.get(address).status_code == 200
    moment.pass_by(days=2)
    for one in (address, base(desk), f"{base(desk)}left-out"):
        answer = reviewer.get(one)
        assert answer.status_code == 403
        text = answer.content.decode()
        assert "Your grant ended on 25 Nov 2026, 08:00 UTC" in text
        assert "The attempt is recorded." in text
        assert "line_1" not in text
    assert "Ended 25 Nov 2026, 08:00" in reviewer.get("/").content.decode()


def test_a_revoked_grant_takes_effect_at_the_next_request(desk: Desk, reviewer: Client, house: House) -> None:
    address = f"{base(desk)}file/src/main.c"
    assert reviewer.get(address).status_code == 200
    commands.revoke_grant(house.cast.custodian, desk.grant, now=NOW)
    answer = reviewer.get(address)
    assert answer.status_code == 403
    assert "Your grant was revoked" in answer.content.decode()


def test_a_spent_budget_names_rule_value_limit_and_way_out(house: House, browser_of: Browse) -> None:
    desk = house.desk(limits=Limits(hour=50, day=60, visit=100, total=1000))
    client = browser_of(desk.viewer)
    assert client.get(f"{base(desk)}file/src/main.c").status_code == 200
    answer = client.get(f"{base(desk)}file/src/net/http.c")
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "lines over the budget for this hour of this grant (40 of 50 used, 100 asked)" in text
    assert "wait for the next hour" in text
    assert "http_1" not in text
    assert client.get(f"{base(desk)}file/src/main.c").status_code == 200  # seen before, so free


def test_the_budgets_stand_on_every_page(desk: Desk, reviewer: Client) -> None:
    text = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    assert 'aria-label="Lines this hour" value="40" max="12000"' in text


def test_what_intake_left_out_is_listed_with_its_reason(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take(files={**FILES, "server-1/../../etc/passwd": b"x"}))
    client = browser_of(desk.viewer)
    assert "1 left out at intake" in client.get(base(desk)).content.decode()
    text = client.get(f"{base(desk)}left-out").content.decode()
    assert "etc/passwd" in text
    assert "its name leads out of the release" in text
    assert Event.objects.filter(kind="readingroom.left-out-shown").count() == 1


def test_a_narrow_grant_counts_nothing_left_out_elsewhere(house: House, browser_of: Browse) -> None:
    taken = house.take(files={**FILES, "server-1/../../etc/passwd": b"x"})
    desk = house.seat(house.cast.reviewer, taken, patterns=("src/**",))
    client = browser_of(desk.viewer)
    assert "left out at intake" not in client.get(base(desk)).content.decode()
    assert "passwd" not in client.get(f"{base(desk)}left-out").content.decode()


def test_other_releases_of_the_grant_are_told_apart_by_digest(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))
    client = browser_of(desk.viewer)
    changed = client.get(f"{base(desk)}file/src/main.c").content.decode()
    assert "Compare with 2" in changed
    assert 'class="mark same"' in client.get(f"{base(desk)}file/README").content.decode()
    assert "not at this path" in client.get(f"{base(desk)}file/docs/old.md").content.decode()


def test_the_seal_is_asked_for_until_the_tree_has_the_entry(desk: Desk, reviewer: Client, house: House) -> None:
    text = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    address = re.search(r'hx-get="(/record/entries/[a-z0-9]+/seal)"', text)
    assert address
    assert "hx-get" in reviewer.get(address[1]).content.decode()
    house.sign()
    sealed = reviewer.get(address[1]).content.decode()
    assert "in tree" in sealed
    assert "not yet" not in sealed
    assert "hx-get" not in sealed


def test_a_stalled_ledger_shows_nothing(desk: Desk, reviewer: Client, moment: Moment) -> None:
    moment.pass_by(seconds=30)
    answer = reviewer.get(f"{base(desk)}file/src/main.c")
    assert answer.status_code == 409
    assert "line_1" not in answer.content.decode()


def test_a_destroyed_product_is_gone_from_pages_that_were_open(desk: Desk, reviewer: Client, house: House) -> None:
    assert reviewer.get(f"{base(desk)}file/src/main.c").status_code == 200
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    answer = reviewer.get(f"{base(desk)}file/src/main.c")
    assert answer.status_code == 403
    assert "was destroyed" in answer.content.decode()
    home = reviewer.get("/")
    assert home.status_code == 200
    assert "source destroyed" in home.content.decode()
    assert "name destroyed with the product" in reviewer.get("/record/").content.decode()
