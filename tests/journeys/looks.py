# SPDX-License-Identifier: Apache-2.0
"""How a page looks in each theme and width: no axe violation, nothing wider than its window."""

from collections.abc import Sequence
from typing import Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

AXE: Final = Axe()
Scheme = Literal["light", "dark"]
LOOKS: Final[tuple[tuple[Scheme, int], ...]] = (("light", 1280), ("light", 390), ("dark", 1280), ("dark", 390))
# Two frames after the theme changed its colours are painted, and what moves to them has arrived.
PAINTED: Final = """async () => {
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map((one) => one.finished));
}"""


def complaints_about(page: Page, looks: Sequence[tuple[Scheme, int]] = LOOKS) -> list[str]:
    """Return what is wrong with the page in each theme and width, or in those alone that are named."""
    found: list[str] = []
    painted = ""
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 1000})
        where = f"{page.url} {scheme} {width}"
        # What htmx is fetching is dimmed for a moment, which is not how the page stands.
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
        if scheme != painted:
            page.evaluate(PAINTED)
            painted = scheme
        found += [f"{where}: {broken['id']} {broken['help']}" for broken in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{where}: wider than the window")
    return found


def violations(page: Page) -> list[dict[str, str]]:
    """Return axe's violations; half a megabyte of script is brought to a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    listed: list[dict[str, str]] = page.evaluate(
        "async () => (await axe.run({resultTypes: ['violations']})).violations.map(({id, help}) => ({id, help}))"
    )
    return listed


def send_unfilled(page: Page, button: str) -> None:
    """Send a form past the browser's own check, and wait for the page that says what is wrong."""
    page.locator("main form").evaluate_all("forms => forms.forEach((one) => { one.noValidate = true; })")
    page.get_by_role("button", name=button).click()
    expect(page.locator("main .wrong").first).to_be_visible()
