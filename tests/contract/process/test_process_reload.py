"""Resources are read again while requests run: no request is lost, and a bad file changes nothing."""

import json
import os
import signal
import subprocess
import time

import pytest
from exchange import chat
from steady_load import Load
from proxy import CACHING, MEMORY, documents
from stack import Sidecar, eventually, fetch


def active(proxy) -> dict:
    return json.loads(fetch(f"{proxy.admin_url}/api/policy"))


def replace(path, text: str):
    """As editors and kubelets do: a reader sees the old file or the new one."""
    aside = path.with_name("aside")
    aside.write_text(text)
    os.replace(aside, path)


def with_ttl(url: str, seconds: int) -> str:
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "routing": {"tableRef": {"name": "models"}},
        "caching": {**CACHING, "ttl": f"{seconds}s"},
    }
    return documents(spec, [{"name": "model", "url": url, "dialect": "OpenAI"}], tiers=MEMORY)


def test_no_request_is_lost_across_a_thousand_reloads(upstream, start):
    versions = [with_ttl(upstream.url, seconds) for seconds in (300, 301)]
    proxy = start(versions[0], admin=True, workers=2)
    with Load(proxy.port, chat("hello")) as load:
        seen = active(proxy)["hash"]
        for number in range(1, 1001):
            replace(proxy.resources, versions[number % 2])
            os.kill(proxy.pid, signal.SIGHUP)
            now = eventually(lambda: next((h for h in [active(proxy)["hash"]] if h != seen), None))
            seen = now
        load.wait_for(20)
    assert load.failures == []
    assert load.answers > 1000
    assert proxy.metric(r'penstock_reloads_total\{result="accepted"') >= 1000
    assert proxy.metric(r'penstock_reloads_total\{result="refused"') == 0


def test_a_change_is_seen_without_a_signal(upstream, start):
    proxy = start(with_ttl(upstream.url, 300), admin=True)
    before = active(proxy)["hash"]
    replace(proxy.resources, with_ttl(upstream.url, 301))
    eventually(lambda: active(proxy)["hash"] != before)


# A user namespace in which nobody gets an inotify instance, as on a node whose pods have taken all of them.
WITHOUT_INOTIFY = (
    *("unshare", "--user", "--map-root-user", "sh", "-c"),
    *('echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh"),
)


def test_where_the_kernel_gives_no_inotify_a_change_is_seen_within_a_second(upstream, tmp_path):
    if subprocess.run([*WITHOUT_INOTIFY, "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespace may be made here")
    sidecar = Sidecar("sidecar", tmp_path, with_ttl(upstream.url, 300), [], under=WITHOUT_INOTIFY)
    try:
        for edit in range(4):
            before = sidecar.api("/api/policy")["hash"]
            began = time.monotonic()
            replace(sidecar.resources, with_ttl(upstream.url, 301 + edit))
            eventually(lambda before=before: sidecar.api("/api/policy")["hash"] != before)
            assert time.monotonic() - began < 2, "the usual look at the files is every five seconds"
    finally:
        sidecar.stop()


def test_the_symlink_swap_of_a_mounted_config_map_is_one_change(upstream, start, tmp_path):
    mount = tmp_path / "mount"
    for version, seconds in (("..one", 300), ("..two", 301)):
        (mount / version).mkdir(parents=True)
        (mount / version / "all.yaml").write_text(with_ttl(upstream.url, seconds))
    (mount / "..data").symlink_to("..one")
    (mount / "all.yaml").symlink_to("..data/all.yaml")
    proxy = start(mount, admin=True)
    before = active(proxy)["hash"]
    (mount / "..data_tmp").symlink_to("..two")
    os.replace(mount / "..data_tmp", mount / "..data")
    eventually(lambda: active(proxy)["hash"] != before)
    assert "lastError" not in active(proxy)


def test_a_bad_file_keeps_the_last_good_policy_and_says_so_once(upstream, start):
    good = with_ttl(upstream.url, 300)
    proxy = start(good, admin=True)
    before = active(proxy)
    replace(proxy.resources, good.replace('"ttl"', '"tttl"'))
    shown = eventually(lambda: active(proxy).get("lastError"))
    assert "tttl" in shown["message"] and "caching" in shown["message"]
    os.kill(proxy.pid, signal.SIGHUP)
    eventually(lambda: proxy.metric(r'penstock_reloads_total\{result="refused"') >= 1)
    with Load(proxy.port, chat("hello"), clients=1) as load:
        load.wait_for(3)
    assert load.failures == []
    assert active(proxy)["hash"] == before["hash"]
    assert proxy.log.count("the last good policy stays") == 1
    replace(proxy.resources, good)
    eventually(lambda: "lastError" not in active(proxy))


def test_a_storm_of_good_bad_and_missing_files_ends_with_the_last_good_one(upstream, start):
    proxy = start(with_ttl(upstream.url, 300), admin=True, workers=2)
    with Load(proxy.port, chat("hello")) as load:
        for number in range(200):
            replace(proxy.resources, with_ttl(upstream.url, 301 + number % 7))
            replace(proxy.resources, "spec: [")
            proxy.resources.unlink()
            os.kill(proxy.pid, signal.SIGHUP)
        replace(proxy.resources, with_ttl(upstream.url, 999))
        load.wait_for(20)
        eventually(lambda: "lastError" not in active(proxy))
    assert load.failures == []
    reference = start(with_ttl(upstream.url, 999), admin=True)
    assert active(proxy)["hash"] == active(reference)["hash"]
