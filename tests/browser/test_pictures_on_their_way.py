"""What stands on a page before its pictures are there, and that nothing moves then."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGES = ("/en/", "/en/shop/stoneware-cup/", "/en/galleries/")
WATCH = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
DRAWN = """
() => Promise.all([
  ...[...document.querySelectorAll("link[rel=stylesheet]")].map(
    link => link.sheet || new Promise(done => link.onload = done)),
  ...[...document.querySelectorAll(".weave-behind")].map(image => image.decode()),
]).then(() => null)
"""
#: The few pixels that lie under a picture: how large drawn, and that they decoded.
BEHIND = """
all => all.map(e => {
  const over = e.nextElementSibling.querySelector("img");
  const [one, other] = [e.getBoundingClientRect(), over.getBoundingClientRect()];
  return {
    decoded: e.naturalWidth, alt: e.alt,
    apart: Math.max(Math.abs(one.width - other.width), Math.abs(one.height - other.height)),
    ground: getComputedStyle(over).backgroundColor,
  };
})
"""
GROUNDS = "all => all.map(e => getComputedStyle(e).backgroundColor)"


class Gate:
    """Holds the page's pictures back while it is closed."""

    def __init__(self, page) -> None:
        self.is_open = False
        self.waiting: list = []
        page.route("**/media/**", self.pass_or_wait)

    def pass_or_wait(self, route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.waiting.append(route)

    def open(self) -> None:
        self.is_open = True
        while self.waiting:
            self.waiting.pop().continue_()


@pytest.mark.parametrize("width", [390, 1280])
def test_few_pixels_and_colours_stand_there_and_nothing_moves(new_context, width):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    page.add_init_script(WATCH)
    gate = Gate(page)

    for address in PAGES:
        gate.is_open = False
        page.goto(address, wait_until="commit")
        page.locator("footer").wait_for()
        page.evaluate(DRAWN)
        behind = page.locator(".weave-behind").evaluate_all(BEHIND)
        tints = page.locator(".weave-tint").evaluate_all(GROUNDS)
        gate.open()
        page.wait_for_load_state("load")
        shifts = page.evaluate("window.shifts")

        assert behind, address
        for each in behind:
            assert 0 < each["decoded"] <= 16
            assert each["alt"] == ""
            assert each["apart"] <= 1
            assert each["ground"] == "rgba(0, 0, 0, 0)"
        assert tints or address == "/en/shop/stoneware-cup/"
        assert "rgba(0, 0, 0, 0)" not in tints
        assert shifts <= 0.02, address
