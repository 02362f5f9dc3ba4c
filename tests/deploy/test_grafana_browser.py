"""The Grafana data source in a browser: Grafana's components around it, its back end and a live server behind it."""

import json
import re
import shutil
import time

import pytest

from tests.deploy.node import npm_script
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import serving

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WHAT = "how the Grafana plugin looks in a browser, and what the keyboard does there,"


@pytest.fixture(scope="module")
def chromium():
    """The browser; the test is left out, and says so, where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed: {WHAT} is not checked")
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A server with the lines of a shop, some of them JSON."""
    now = time.time()
    with serving(tmp_path_factory.mktemp("shop") / "data") as running:
        served = [
            {
                "time": now - 5 * number,
                "tag": "shop.web",
                "level": ("info", "info", "error")[number % 3],
                "service": ("cart", "payments")[number % 2],
                "version": ("1.0", "2.0")[number % 2],
                "message": f"request {number} was served",
            }
            for number in range(120)
        ]
        as_json = [
            {
                "time": now - 5 * number,
                "tag": "shop.json",
                "level": "info",
                "message": json.dumps({"amount": number / 2, "order": number}),
            }
            for number in range(20)
        ]
        with Poster(running.http_port) as poster:
            assert poster.post(lines(served + as_json))[1]["stored"] == len(served + as_json)
        yield running


def test_it_is_seen_and_driven_by_the_keyboard(chromium, programs, shop):
    """Queries, variables, annotations, filters, context and tails; nothing is cut off, unnamed or complained of."""
    host, back_end = programs
    npm = npm_script(WHAT)
    done = npm("test:browser", LOGSTORE=shop.url, HOST=str(host), BACK_END=str(back_end), CHROMIUM=chromium)
    assert int(re.search(r"^# pass (\d+)$", done, re.MULTILINE)[1]) > 20, done
