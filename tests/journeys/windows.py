# SPDX-License-Identifier: Apache-2.0
"""Windows of one browser at a lab, each with its own session and its own authenticator."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.edges.running import RunningLab

expect.set_options(timeout=30_000)  # the machine may be busy with the other tests


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the lab, as the operator's terminal shows them once."""

    email: str
    uid: str
    secret: str
    password: str = ""


@dataclass(slots=True)
class Visitor:
    """A browser window, what went wrong in it, and the authenticator plugged into it."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def plug_in_authenticator(self) -> None:
        """Give the window a platform authenticator that checks its holder and agrees to everything."""
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def opened(browser: Browser, url: str) -> Visitor:
    """Open a window at a lab's address; it remembers each violation of a page's policy and each error of a script."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(60_000)
    somebody = Visitor(context.new_page(), context)
    somebody.page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
    somebody.page.on(
        "console",
        lambda message: somebody.complaints.append(message.text) if "Content Security" in message.text else None,
    )
    return somebody


def window(browser: Browser, lab: RunningLab, who: str = "") -> Visitor:
    """Open a window; with `who`, in the session of one of the cast."""
    somebody = opened(browser, lab.url)
    if who:
        somebody.context.add_cookies([{"name": "session", "value": lab.session(who), "url": lab.url}])
    return somebody


def enrol(visitor: Visitor, somebody: Somebody) -> None:
    """Come in by the one-time link and register a passkey; ends at home."""
    page = visitor.page
    page.goto(f"/enrol/{somebody.secret}")
    page.get_by_role("button", name="Use the link").click()
    page.get_by_role("button", name="Register a passkey").click()
    page.get_by_role("link", name="I have them").click()
    page.wait_for_url("**/")
