"""What Grafana is provisioned with: it can be read, and every query in it is one."""

import json
import re
import subprocess

import pytest

from query.lang.parse import parse
from tests.deploy.documented import known_series
from tests.deploy.grafana_host import DataSource
from tests.deploy.toolchain import DATASOURCE, build

GRAFANA = DATASOURCE.parent
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
PLUGIN = json.loads((DATASOURCE / "src" / "plugin.json").read_text())
PANELS = [(board.stem, panel) for board in DASHBOARDS for panel in json.loads(board.read_text())["panels"]]
TARGETS = [(f"{board}: {panel['title']}", target) for board, panel in PANELS for target in panel["targets"]]
QUERIES = [(title, target) for title, target in TARGETS if target["datasource"]["type"] == PLUGIN["id"]]
METRICS = [(title, target) for title, target in TARGETS if target["datasource"]["type"] == "prometheus"]


@pytest.fixture(scope="session")
def as_json(tmp_path_factory):
    """Reads a YAML file."""
    program = build("./internal/asjson", tmp_path_factory.mktemp("yaml") / "asjson")

    def read(path):
        done = subprocess.run([program, path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


def filled(query):
    """A query as it is sent: macros are durations, of variables one is a wildcard and the other one a word."""
    return re.sub(r"\$__\w+", "1m", query).replace("$tag", "*").replace("${search:raw}", "timeout")


@pytest.mark.parametrize(("title", "target"), QUERIES, ids=[title for title, _ in QUERIES])
def test_every_query_of_the_dashboards_is_a_query(title, target):
    """The server's own parser takes it; also with an empty search."""
    del title
    assert target["queryType"] in {"logs", "range", "instant", "table"}
    parse(filled(target["expr"]))
    parse(filled(target["expr"].replace("${search:raw}", "")))


def test_the_queries_of_the_dashboards_are_answered(source):
    """Each becomes what its panel draws, without a notice of something unknown."""
    assert len(QUERIES) > 10
    for title, target in QUERIES:
        frames = source.frames({**target, "expr": target["expr"].replace("$tag", "*").replace("${search:raw}", "")})
        assert sum(len(column) for frame in frames for column in frame["data"]["values"]), title
        assert not frames[0]["schema"]["meta"].get("notices"), title


@pytest.mark.parametrize(("title", "target"), METRICS, ids=[f"{title} {each['refId']}" for title, each in METRICS])
def test_every_metric_of_the_dashboards_is_one_of_the_servers(title, target):
    """As docs/metrics.md has them."""
    del title
    named = set(re.findall(r"(?:logstore|process)_\w+", target["expr"]))
    assert named
    assert named <= known_series()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_of_a_dashboard_have_their_own_numbers_and_places(path):
    """No panel covers another one, or hides what another one says."""
    panels = json.loads(path.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for place in (panel["gridPos"] for panel in panels):
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_the_data_source_is_provisioned_as_the_plugin_is_called(as_json):
    """Its type is the plugin's id; dollar signs that Grafana shall keep are written twice."""
    source, metrics = as_json(GRAFANA / "provisioning" / "datasources" / "logstore.yaml")["datasources"]
    assert (source["type"], source["uid"], metrics["type"]) == (PLUGIN["id"], "logstore", "prometheus")
    for field in source["jsonData"]["derivedFields"]:
        assert field["url"] == "$${__value.raw}"
        assert field["matcherType"] in {"label", "regex"}
        re.compile(field["matcherRegex"])


def test_the_provisioned_settings_are_taken_by_the_back_end(as_json, host, server):
    """Whoever starts from the example has a data source that works."""
    options = as_json(GRAFANA / "provisioning" / "datasources" / "logstore.yaml")["datasources"][0]["jsonData"]
    assert DataSource(host, server.url, **options).call("health")["status"] == 1


def test_the_alert_rule_asks_what_it_compares(as_json, source):
    """Its query is answered with numbers, under the name that the threshold looks at."""
    (group,) = as_json(GRAFANA / "provisioning" / "alerting" / "errors.yaml")["groups"]
    (rule,) = group["rules"]
    asks, compares = rule["data"]
    assert asks["datasourceUid"] == "logstore"
    assert (compares["refId"], compares["model"]["expression"]) == (rule["condition"], asks["refId"])
    frames = source.frames(asks["model"])
    assert [frame["schema"]["fields"][0]["labels"] for frame in frames] == [{"tag": "app.web"}]
    assert frames[0]["data"]["values"] == [[30]]


def test_the_plugin_says_what_the_back_end_can_do():
    """Grafana offers alerting, live tails and logs only where plugin.json says so."""
    assert {"backend", "alerting", "streaming", "logs", "metrics", "annotations"} <= {
        name for name, value in PLUGIN.items() if value is True
    }
    assert PLUGIN["executable"] == "gpx_logstore"
    assert {include["path"] for include in PLUGIN["includes"]} <= {f"dashboards/{path.name}" for path in DASHBOARDS}
    identity = re.search(r'ID = "(.+)"', (DATASOURCE / "pkg" / "plugin" / "datasource.go").read_text())
    assert identity[1] == PLUGIN["id"]
